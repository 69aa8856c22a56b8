#!/usr/bin/env bash
# A fresh Debian 12/13 or Ubuntu 24.04 becomes a running site: sudo deploy/install.sh ANSWERS
# Run again it changes nothing. docs/operations.md tells the rest.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if [ "$#" -ne 1 ] || [ "${1#-}" != "$1" ]; then
    echo "Usage: deploy/install.sh ANSWERS (deploy/answers.example explains them)" >&2
    exit 2
fi
answers="$(realpath -m -- "$1")"
if ! command -v python3 >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3 >/dev/null
fi
umask 022
cd "$here"
exec env PYTHONDONTWRITEBYTECODE=1 python3 -m deploy.kit.install "$answers"
