#!/bin/sh
# Faults at random, restarts by the thousand and long load, against the built program. See README.md beside this.
#
#   Tests/soak/run.sh PATH_OF_SUPERVISOR PATH_OF_FIXTURE_WORKER [--short|--nightly] [--seed N] [NAME…]
#
# Needs Python 3.10 or newer, and nothing but its standard library.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/run.py" "$@"
