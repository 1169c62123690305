#!/usr/bin/env bash
# A scheduler whose crons never run, with a dependency that it asks for
#
# Packages:  prefect 3.9.1 with whenever 0.10.5 (it asks for whenever>=0.10.5,<0.12), Python 3.11 or 3.12
# Does:      asks the server's own schedule when "0 9 * * 1-5" runs next.
# Expected:  the next workday at nine. It raises ValueError in any time zone, UTC as well, and the server then makes no
#            runs for that deployment, with one line in its log a minute. With whenever 0.11.0 it is right.
# It hurts:  a campaign on a schedule is saved, shown as on, and contacts nobody, ever.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)} and "Python 3.11 or 3.12 is needed")'
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" prefect==3.9.1 whenever==0.10.5
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/newer" whenever==0.11.0
cat > "$folder/ask.py" <<'PYTHON'
from datetime import datetime, timezone
from importlib.metadata import version
import asyncio

from prefect.server.schemas.schedules import CronSchedule

asked = CronSchedule(cron="0 9 * * 1-5", timezone="UTC").get_dates(n=1, start=datetime(2026, 11, 28, tzinfo=timezone.utc))
try:
    print(f"whenever {version('whenever')}:", *asyncio.run(asked))
except ValueError as error:
    print(f"whenever {version('whenever')}: ValueError: {error}")
PYTHON
cd "$folder"
export PREFECT_HOME="$folder/home" PYTHONWARNINGS=ignore
old=$(PYTHONPATH="$folder/packages" python3 ask.py)
new=$(PYTHONPATH="$folder/newer:$folder/packages" python3 ask.py)
printf '%s\n' "$old" "$new"
case "$old" in *"must be of type ZoneInfo (exactly)"*) ;; *) echo "the behaviour has changed" >&2; exit 1 ;; esac
case "$new" in *"2026-11-30 09:00:00+00:00"*) ;; *) echo "the behaviour has changed" >&2; exit 1 ;; esac
