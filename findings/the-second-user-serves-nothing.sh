#!/usr/bin/env bash
# A machine's second user cannot serve flows, whoever began first
#
# Packages:  prefect 3.9.1
# Does:      begins Prefect's runner, which `serve` begins, as two users of one machine, with the same folder for
#            temporary files (without the rights to become two users: a folder that nobody may write in).
# Expected:  both begin, each with files of its own. The first makes runner_storage in the common folder, for itself
#            alone; the second ends with PermissionError, before anything was asked of a server.
# It hurts:  on a machine that two people, or two services, share, whoever comes second serves no deployment, and its
#            schedules contact nobody; after a restart it is the other one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" prefect==3.9.1
chmod 755 "$folder"
cd "$folder"
mkdir --mode 1777 shared
PREFECT_LOGGING_LEVEL=ERROR TMPDIR="$folder/shared" PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_SERVER_EPHEMERAL_ENABLED=false \
  PREFECT_API_URL=http://127.0.0.1:1/api PYTHONPATH="$folder/packages" PYTHONDONTWRITEBYTECODE=1 \
  python3 -W ignore - <<'PYTHON'
import asyncio
import os
import tempfile
from pathlib import Path

os.environ["PREFECT_HOME"] = f"{tempfile.gettempdir()}/home-of-{os.getuid()}"
from prefect.runner import Runner


def begin() -> str:
    async def enter() -> None:
        async with Runner(name="ours"):
            pass

    try:
        asyncio.run(enter())
    except PermissionError as error:
        return f"PermissionError on {Path(error.filename).parent.name}"
    except Exception as error:  # noqa: BLE001 - without a server it ends later, and otherwise
        return f"went on ({type(error).__name__})"
    return "went on"


first = begin()
storage = Path(tempfile.gettempdir()) / "runner_storage"
assert storage.is_dir(), "the behaviour has changed"
if os.getuid() == 0:
    os.setuid(65534)
else:
    storage.chmod(0o555)
second = begin()
print(f"the first {first.split(' (')[0]}, the second: {second}")
assert first.startswith("went on"), first
assert second == "PermissionError on runner_storage", "the behaviour has changed"
PYTHON
