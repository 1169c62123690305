#!/usr/bin/env bash
# A server that stands still for a minute, because two clients wrote at once
#
# Packages:  prefect 3.9.1 with aiosqlite 0.22.1 and sqlalchemy 2.0.58, Python 3.11
# Does:      starts the server as it is by itself, on SQLite, has five clients make runs, each with an artifact, and asks
#            after its health all the while, for five minutes at the most.
# Expected:  an answer within a second or two, or 503 to whoever wrote beside another. All of it stands still for a
#            minute, as long as one connection waits for the lock (busy_timeout): the request that has the lock goes no
#            further, for the server's one event loop waits as well. Then whoever wrote gets 503, tries again, and it
#            may come once more.
# It hurts:  a run that has done everything ends a minute later, or two; Prefect shows it as running, and whoever asks
#            for its end waits.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait || true; rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" prefect==3.9.1 aiosqlite==0.22.1 sqlalchemy==2.0.58 'whenever>=0.11'
cat > "$folder/ask.py" <<'PYTHON'
import contextlib, sys, threading, time

import httpx

api, over = sys.argv[1], threading.Event()


def write(number: int) -> None:
    while not over.is_set():
        with contextlib.suppress(httpx.TransportError), httpx.Client(base_url=api, timeout=300) as client:
            flow = client.post("/flows/", json={"name": f"flow-{number}"}).json().get("id")
            run = client.post("/flow_runs/", json={"flow_id": flow, "state": {"type": "RUNNING"}}).json().get("id")
            client.post("/artifacts/", json={"key": f"of-{number}", "type": "markdown", "data": "-", "flow_run_id": run})
            client.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "COMPLETED"}})


for number in range(5):
    threading.Thread(target=write, args=(number,), daemon=True).start()
longest, until = 0.0, time.monotonic() + 300
with httpx.Client(base_url=api, timeout=300) as client:
    while longest < 30 and time.monotonic() < until:
        began = time.monotonic()
        client.get("/health")
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.1)
over.set()
print(f"the longest answer about its health took {longest:.0f} s")
sys.exit(longest < 30)
PYTHON
cd "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PREFECT_HOME="$folder/home" PREFECT_SERVER_ANALYTICS_ENABLED=false PYTHONPATH="$folder/packages" PYTHONWARNINGS=ignore
python3 -m prefect server start --host 127.0.0.1 --port "$port" > server.log 2>&1 &
server=$!
until python3 -c "import httpx; httpx.get('http://127.0.0.1:$port/api/health')" 2> /dev/null; do kill -0 "$server"; sleep 1; done
python3 ask.py "http://127.0.0.1:$port/api" || { echo "the behaviour has changed" >&2; exit 1; }
