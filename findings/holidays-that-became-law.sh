#!/usr/bin/env bash
# workalendar works on three national holidays of 2027
#
# Packages:  workalendar 17.0.0, holidays 0.109
# Does:      compares the days off of Italy, Brazil and Poland for 2027 in workalendar and in holidays.
# Expected:  the same, with Saint Francis (4 October, Italian act of 2025), Black Awareness Day (20 November,
#            Brazilian act 14.759 of 2023) and Christmas Eve (Polish act of 2024). workalendar's newest
#            release lacks all three.
# It hurts:  campaigns run on days on which they may not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  workalendar==17.0.0 holidays==0.109 python-dateutil==2.9.0.post0 six==1.17.0 lunardate==0.3.0 convertdate==2.5.1 pymeeus==0.5.12 pyluach==2.3.0 tzdata==2026.6
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import date

import holidays
from workalendar.registry import registry

for country, day in {"IT": date(2027, 10, 4), "BR": date(2027, 11, 20), "PL": date(2027, 12, 24)}.items():
    by_workalendar = day in {free for free, _ in registry.get(country)().holidays(day.year)}
    by_holidays = day in holidays.country_holidays(country)
    print(country, day, "workalendar:", by_workalendar, "holidays:", by_holidays)
    assert (by_workalendar, by_holidays) == (False, True), "the behaviour has changed"
PYTHON
