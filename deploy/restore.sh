#!/bin/sh
# The books and files back, to the last second or --to TIME; see docs/backup.md.
cd "$(dirname "$0")/.." && exec python3 -m deploy.backup.restore "$@"
