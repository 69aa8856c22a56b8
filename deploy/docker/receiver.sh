#!/bin/sh
# The receiver's start in its container: once backups are set up, as its unit on a machine waits for.
set -eu
export DOMAAP_ENV_FILE=/etc/domaap-backup/receive.env
until [ -f "$DOMAAP_ENV_FILE" ]; do sleep 1; done
exec deploy/backup/receive.sh
