#!/usr/bin/env bash
# Lets the release in this folder serve, beside the old one until it answers: sudo deploy/upgrade.sh
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec env PYTHONDONTWRITEBYTECODE=1 python3 -m deploy.kit.upgrade upgrade "$@"
