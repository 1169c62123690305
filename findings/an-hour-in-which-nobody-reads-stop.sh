#!/usr/bin/env bash
# A cron of every five minutes rests for 65 minutes on the night on which summer time ends
#
# Packages:  prefect 3.9.1 (3.8.8 the same); croniter 7.0.0 for comparison, Python 3.11 or newer
# Does:      asks both when "*/5 * * * *" in Europe/Berlin runs after 2:50 on 25 October 2026, the first of two.
# Expected:  2:55, then 2:00 of winter time, five minutes later, as croniter says. Prefect's server goes on at 3:00 of winter
#            time: the hour that comes twice is served once, though minutes have no clock on the wall.
# It hurts:  rounds that read who answered STOP, and send webhooks, are an hour late; a campaign that runs in that hour, in the
#            afternoon of somebody else, goes on to contact them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" prefect==3.9.1 whenever==0.11.0 croniter==7.0.0
cat > "$folder/ask.py" <<'PYTHON'
import asyncio
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from croniter import croniter
from prefect.server.schemas.schedules import CronSchedule

cron, zone = "*/5 * * * *", "Europe/Berlin"
begin = datetime(2026, 10, 25, 0, 50, 1, tzinfo=timezone.utc)
theirs = asyncio.run(CronSchedule(cron=cron, timezone=zone).get_dates(n=2, start=begin))
others = croniter(cron, begin.astimezone(ZoneInfo(zone)))
others = [others.get_next(datetime) for _ in range(2)]
for name, (first, second) in (("prefect", theirs), ("croniter", others)):
    print(f"{name}: {first.astimezone(timezone.utc):%H:%M} and {second.astimezone(timezone.utc):%H:%M} UTC")
PYTHON
cd "$folder"
export PREFECT_HOME="$folder/home" PYTHONWARNINGS=ignore
said=$(PYTHONPATH="$folder/packages" python3 ask.py)
printf '%s\n' "$said"
expected='prefect: 00:55 and 02:00 UTC
croniter: 00:55 and 01:00 UTC'
[ "$said" = "$expected" ] || { echo "the behaviour has changed" >&2; exit 1; }
