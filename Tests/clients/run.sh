#!/bin/sh
# Real clients against the built program: what curl and httpx-sse make of our streams.
#
#   Tests/clients/run.sh [PATH OF supervisor]
#
# Needs python3 and curl. httpx-sse is taken from a virtual environment in a temporary directory, unless this python has
# it already; SUPERVISOR_CLIENTS_OFFLINE=1 leaves it out instead of installing it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../.build/debug/supervisor}
[ -x "$program" ] || { echo "no program at $program; build it, or name it" >&2; exit 2; }

work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

python=python3
if ! python3 -c 'import httpx_sse' 2>/dev/null && [ "${SUPERVISOR_CLIENTS_OFFLINE:-0}" != 1 ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" --quiet --disable-pip-version-check install httpx-sse httpx
    python=$work/venv/bin/python
fi

cat > "$work/supervisor.json" <<JSON
{"deployments": [{"name": "count", "command": ["python3", "$here/count_worker.py"]}], "streaming": {"heartbeat": "1s"}}
JSON
mkfifo "$work/log"
"$program" serve "$work" --listen "unix:$work/s" --listen 127.0.0.1:0 --state-dir "$work/state" 2> "$work/log" &
server=$!
# The first lines of the log say where to find the server.
"$python" "$here/check_clients.py" "$program" < "$work/log"
