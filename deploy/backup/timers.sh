#!/bin/sh
# See docs/backup.md; the settings are in .env, or where DOMAAP_ENV_FILE says.
cd "$(dirname "$0")/../.." && exec python3 -m deploy.backup.timers "$@"
