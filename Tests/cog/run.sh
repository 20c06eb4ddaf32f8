#!/bin/sh
# Cog models with the real `cog` package on the built program, and on Cog's own server beside it where they are compared.
#
#   Tests/cog/run.sh [PATH OF supervisor] [PYTHON] [MODULE…]
#
# PYTHON has the packages cog, numpy and pydantic. COMPAT_TARGET=peer runs the cases that hold for both on Cog's server
# instead, which shows that they are true. Test modules run side by side; what one prints is shown when it has ended.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../.build/release/supervisor}
python=${2:-python3}
[ $# -lt 1 ] || shift
[ $# -lt 1 ] || shift
[ -x "$program" ] || { echo "no program at $program; build it, or name it" >&2; exit 2; }
"$python" -c 'import cog, numpy, pydantic' || { echo "$python lacks cog, numpy or pydantic" >&2; exit 2; }

COMPAT_BINARY=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
COMPAT_PYTHON=$(command -v "$python")
case $COMPAT_PYTHON in /*) ;; *) COMPAT_PYTHON=$PWD/$COMPAT_PYTHON ;; esac
export COMPAT_BINARY COMPAT_PYTHON
export PYTHONDONTWRITEBYTECODE=1

# More than two cores help little: most of the time is the start of Python in a worker.
side_by_side=3

cd "$here"
[ $# -gt 0 ] || set -- test_*.py
printf '%s\n' "$@" | xargs -P "$side_by_side" -n 1 sh -c '
    log=$(mktemp)
    if "$COMPAT_PYTHON" -W ignore::ResourceWarning -m unittest "${0%.py}" > "$log" 2>&1; then
        echo "ok   ${0%.py}: $(tail -n 3 "$log" | tr "\n" " ")"
        rm -f "$log"
    else
        echo "FAIL ${0%.py}"
        cat "$log"
        rm -f "$log"
        exit 1
    fi'
