#!/bin/sh
# PostgreSQL's first start in its container: role and database as on a machine, its settings, the archive.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" -d postgres <<'END'
CREATE ROLE domaap LOGIN PASSWORD :'password';
-- What went wrong with a statement of ours is in our own log, without names and addresses.
ALTER ROLE domaap SET log_min_messages = 'log';
CREATE DATABASE domaap_db OWNER domaap
    ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
-- PostgreSQL's administrator is who is at its socket, and nobody by a password.
ALTER ROLE postgres PASSWORD NULL;
ALTER SYSTEM SET archive_mode = 'on';
ALTER SYSTEM SET max_connections = 200;
END
