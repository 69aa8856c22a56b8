#!/bin/sh
# Web's start in its container: tables, static files and assets for nginx, then gunicorn.
set -eu
python=var/venv/bin/python
"$python" manage.py migrate --no-input
"$python" manage.py seed_demo
"$python" manage.py collectstatic --no-input
mkdir -p /srv/domaap/shared/assets/_next/static
cp -R frontend/.next/static/. /srv/domaap/shared/assets/_next/static/
exec var/venv/bin/gunicorn --config deploy/gunicorn.conf.py \
    --bind unix:/run/domaap/web-container.sock --umask 000 donor_management.wsgi
