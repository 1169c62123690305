#!/usr/bin/env bash
# With a client's metrics on, whatever runs second on a machine crashes before its first line
#
# Packages:  prefect 3.9.1
# Does:      runs a flow with PREFECT_CLIENT_METRICS_ENABLED, and while it runs another one in a process of its own, as
#            a worker does with each run that it begins.
# Expected:  both run; at worst the second one's figures are nowhere. The second ends with "Address already in use":
#            both serve their metrics at the one port that the setting names.
# It hurts:  whoever turns a worker's metrics on has every run of that worker crash, and nobody is contacted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" prefect==3.9.1
cd "$folder"
cat > flows.py <<'PYTHON'
import subprocess
import sys

from prefect import flow


@flow
def inner() -> None:
    print("inner ran")


@flow
def outer() -> None:
    print("outer ran")
    done = subprocess.run([sys.executable, "-W", "ignore", "flows.py", "inner"], capture_output=True, text=True)
    print("inner's exit code", done.returncode, "in use" * ("Address already in use" in done.stderr))
    assert "inner ran" not in done.stdout, "the behaviour has changed"
    assert "Address already in use" in done.stderr, "the behaviour has changed"


if __name__ == "__main__":
    {"inner": inner, "outer": outer}[sys.argv[1]]()
PYTHON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
export PREFECT_HOME="$folder/home" PREFECT_LOGGING_LEVEL=CRITICAL PREFECT_SERVER_ANALYTICS_ENABLED=false \
  PREFECT_CLIENT_METRICS_PORT="$port" PYTHONPATH="$folder/packages"
PREFECT_CLIENT_METRICS_ENABLED=true python3 -W ignore flows.py outer
PREFECT_CLIENT_METRICS_ENABLED=false python3 -W ignore flows.py inner
