#!/bin/sh
# deploy/restore.sh in a container, while PostgreSQL's and all others are stopped.
set -eu
if pg_isready -q; then
    echo "PostgreSQL runs: stop all first (docker compose --env-file .env -f deploy/compose.yaml down)." >&2
    exit 1
fi
stop() { runuser -u postgres -- "$(ls /usr/lib/postgresql/*/bin/pg_ctl)" -D "$PGDATA" -m fast -w stop; }
trap 'stop >/dev/null 2>&1 || :' EXIT
# As PostgreSQL's container leaves it, which on a new machine has not been there yet.
install -d -o postgres -g postgres -m 3775 /var/run/postgresql
deploy/restore.sh --data "$PGDATA" "$@"
chown -R domaap:domaap /srv/domaap/shared/files
echo "Next: docker compose --env-file .env -f deploy/compose.yaml up -d"
