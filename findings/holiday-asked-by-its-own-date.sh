#!/usr/bin/env bash
# The German calendar does not know that 01.05.2026 is Labour Day
#
# Packages:  holidays 0.109
# Does:      asks the German calendar for two dates as Germans write them, and for the same dates as ISO text.
# Expected:  one answer for one day, or an error. A text date is read with the month first, whatever the country,
#            unless it cannot be.
# It hurts:  a list's own dates are looked up as they stand: people are called on Labour Day, and left alone on 5
#            January.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  holidays==0.109 python-dateutil==2.9.0.post0 six==1.17.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import holidays

german = holidays.country_holidays("DE")
seen = {text: text in german for text in ("01.05.2026", "2026-05-01", "06.01.2026", "03.10.2026", "2026-10-03", "25.12.2026")}
for text, free in seen.items():
    print(text, "is a holiday" if free else "is a working day")
stated = {"01.05.2026": False, "2026-05-01": True, "06.01.2026": False, "03.10.2026": False, "2026-10-03": True, "25.12.2026": True}
assert seen == stated, "the behaviour has changed"
PYTHON
