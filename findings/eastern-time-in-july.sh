#!/usr/bin/env bash
# dateparser takes "ET" in July as winter time
#
# Packages:  dateparser 1.5.0
# Does:      reads an appointment in July with "ET" and "PT" behind it, the names that do not say summer or winter.
# Expected:  10:00 in New York on 16 July is 14:00 UTC. It reads 15:00 UTC: -05:00 and -08:00 all year, without a
#            warning.
# It hurts:  from March to November each reminder and each end of calling hours is an hour late.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  dateparser==1.5.0 python-dateutil==2.9.0.post0 six==1.17.0 pytz==2026.6 regex==2026.11.15 tzlocal==5.4.5
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import dateparser

for name, zone in {"ET": "America/New_York", "PT": "America/Los_Angeles"}.items():
    read = dateparser.parse(f"2026-07-16 10:00 {name}")
    right = read.replace(tzinfo=ZoneInfo(zone))
    print(f"10:00 {name} is read as {read.astimezone(timezone.utc):%H:%M} UTC; in {zone} it is {right.astimezone(timezone.utc):%H:%M} UTC")
    assert read - right == timedelta(hours=1), "the behaviour has changed"
PYTHON
