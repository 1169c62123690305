#!/usr/bin/env bash
# icalendar reads an appointment in Vancouver without any zone
#
# Packages:  icalendar 7.3.2
# Does:      reads appointments under four of Microsoft's zone names, two of which are new since Canada's changes.
# Expected:  an aware time for each, or an error. For the new names the time is naive, though the old ones are known.
# It hurts:  a naive time is taken as the machine's own: Vancouver's 10:00 becomes 02:00 or 18:00, only for people in
#            British Columbia and Alberta.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  icalendar==7.3.2 python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.6 typing-extensions==4.16.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import icalendar

def calendar(zone):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20261101T000000Z",
             f"DTSTART;TZID={zone}:20261128T100000", "SUMMARY:Appointment", "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)

stated = {"Pacific Standard Time": True, "Mountain Standard Time": True, "British Columbia Standard Time": False, "Alberta Standard Time": False}
seen = {}
for zone in stated:
    start = icalendar.Calendar.from_ical(calendar(zone)).walk("VEVENT")[0]["DTSTART"].dt
    print(f"{zone}: {start.isoformat()}")
    seen[zone] = start.utcoffset() is not None
assert seen == stated, "the behaviour has changed"
PYTHON
