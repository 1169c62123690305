#!/usr/bin/env bash
# Asked what time it is in Vancouver, two engines are an hour apart, and no update of tzdata helps
#
# Packages:  polars 2.1.0; beside it duckdb 2.0.1 and tzdata 2026.6
# Does:      asks each for the time on the wall in Vancouver, Edmonton and Winnipeg at one instant of this December, and
#            Python's zoneinfo by the rules of tzdata, which know that all three stay on summer time.
# Expected:  one answer. Each engine has rules of its own built in, of another age: duckdb and zoneinfo agree; polars is
#            an hour early in all three cities. Of Los Angeles all three say the same.
# It hurts:  whoever picks with a data frame whose calling hours are open calls people in four provinces in the hour
#            after these have closed, and a newer tzdata beside it changes nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  polars==2.1.0 duckdb==2.0.1 tzdata==2026.6
cd "$folder"
PYTHONTZPATH="" PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import duckdb
import polars

instant = datetime(2026, 12, 15, 17, tzinfo=timezone.utc)
text = f"{instant:%Y-%m-%d %H:%M:%S}"
engines = {
    "zoneinfo": lambda zone: instant.astimezone(ZoneInfo(zone)).hour,
    "duckdb": lambda zone: duckdb.sql(f"SELECT hour(TIMESTAMPTZ '{text}+00' AT TIME ZONE '{zone}')").fetchall()[0][0],
    "polars": lambda zone: polars.Series([instant]).dt.convert_time_zone(zone).dt.hour()[0],
}
stated = {
    "America/Vancouver": [10, 10, 9],
    "America/Edmonton": [11, 11, 10],
    "America/Winnipeg": [12, 12, 11],
    "America/Los_Angeles": [9, 9, 9],
}
for zone, hours in stated.items():
    seen = {name: ask(zone) for name, ask in engines.items()}
    print(zone, *(f"{name} {hour}:00" for name, hour in seen.items()), sep=", ")
    assert list(seen.values()) == hours, "the behaviour has changed"
PYTHON
