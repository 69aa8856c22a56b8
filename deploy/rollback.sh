#!/usr/bin/env bash
# The release before serves again, or the one named: sudo /srv/domaap/current/deploy/rollback.sh [RELEASE]
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec env PYTHONDONTWRITEBYTECODE=1 python3 -m deploy.kit.upgrade rollback "$@"
