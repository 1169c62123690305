#!/usr/bin/env bash
# A library of ZIP codes keeps Indiana on winter time all year, as it was before 2006
#
# Packages:  pyzipcode 3.0.1
# Does:      asks for the offset and the summer time of ZIP codes in Indianapolis, South Bend, Window Rock (Navajo Nation)
#            and New York.
# Expected:  all four keep summer time, Indiana since April 2006 (tzdata: `America/Shiprock` is Denver). It says `dst` 0 for the
#            first three, and 1 for New York; tzdata has the offsets of July an hour further on.
# It hurts:  from March to November a call at nine by the clock that it gives comes at ten, and one at half past eight in
#            the evening, still allowed, at half past nine.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" pyzipcode==3.0.1 tzdata==2026.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import datetime
from zoneinfo import ZoneInfo

from pyzipcode import ZipCodeDatabase

codes, noon = ZipCodeDatabase(), datetime(2026, 7, 1, 12)
places = {
    "46204": ("America/Indiana/Indianapolis", 0),
    "46601": ("America/Indiana/Indianapolis", 0),
    "86515": ("America/Denver", 0),
    "10001": ("America/New_York", 1),
}
for code, (zone, dst) in places.items():
    found = codes[code]
    said = found.timezone + found.dst
    true = ZoneInfo(zone).utcoffset(noon).total_seconds() / 3600
    print(f"{code} {found.city}: in July at {said} hours from UTC by pyzipcode, at {true:.0f} by tzdata")
    assert found.dst == dst, "the behaviour has changed"
    assert (said == true) is bool(dst), "the behaviour has changed"
PYTHON
