#!/usr/bin/env bash
# Two calendar readers are five hours apart over one file from Outlook
#
# Packages:  ics 0.7.3, icalendar 7.3.2
# Does:      reads one appointment at 10:00 "Eastern Standard Time", the name that Microsoft's programs write, by ics
#            and by icalendar.
# Expected:  the same instant by both, or an error where a zone is unknown. ics takes an unknown zone as UTC and says
#            nothing.
# It hurts:  the reminder says 05:00 instead of 10:00, or leaves in the night.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  ics==0.7.3 icalendar==7.3.2 python-dateutil==2.9.0.post0 six==1.17.0 arrow==1.4.0 attrs==26.1.0 tatsu==5.15.1 tzdata==2026.6 typing-extensions==4.16.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import icalendar
import ics

def calendar(zone):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20261101T000000Z",
             f"DTSTART;TZID={zone}:20261128T100000", "SUMMARY:Appointment", "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)

text = calendar("Eastern Standard Time")
by_ics = next(iter(ics.Calendar(text).events)).begin.datetime.isoformat()
by_icalendar = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["DTSTART"].dt.isoformat()
print("ics:      ", by_ics)
print("icalendar:", by_icalendar)
assert by_ics == "2026-11-28T10:00:00+00:00", "the behaviour has changed"
assert by_icalendar == "2026-11-28T10:00:00-05:00", "the behaviour has changed"
PYTHON
