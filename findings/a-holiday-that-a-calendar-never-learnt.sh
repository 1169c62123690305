#!/usr/bin/env bash
# A calendar has working days on five public holidays, three of them laws of the last years
#
# Packages:  workalendar 17.0.0
# Does:      asks whether these are working days: 2 February 2026 in Ireland (Saint Brigid's Day, since 2023),
#            20 November 2026 in Brazil (a national holiday since 2024), 24 December 2026 in Poland (since 2025), 6 May
#            and 22 September 2026 in Japan (Constitution Day is a Sunday; a day between two holidays is one).
# Expected:  no. It says yes to all five, and gives no sign of how far its laws go; beside them it knows the others.
# It hurts:  people are called on a public holiday, where the law forbids it or they resent it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" workalendar==17.0.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import date

from workalendar.america import Brazil
from workalendar.asia import Japan
from workalendar.europe import Ireland, Poland

missed = (
    (Ireland, date(2026, 2, 2)),
    (Brazil, date(2026, 11, 20)),
    (Poland, date(2026, 12, 24)),
    (Japan, date(2026, 5, 6)),
    (Japan, date(2026, 9, 22)),
)
known = ((Ireland, date(2026, 3, 17)), (Brazil, date(2026, 9, 7)), (Poland, date(2026, 5, 1)), (Japan, date(2026, 5, 5)))
for country, day in missed:
    print(country.__name__, day, "is said to be a working day:", country().is_working_day(day))
assert all(country().is_working_day(day) for country, day in missed), "the behaviour has changed"
assert not any(country().is_working_day(day) for country, day in known), "the behaviour has changed"
PYTHON
