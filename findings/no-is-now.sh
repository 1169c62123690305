#!/usr/bin/env bash
# dateparser reads the word "no" as this very moment
#
# Packages:  dateparser 1.5.0
# Does:      reads the cells of a column "opted out on", some of which say that it never happened.
# Expected:  None for "no", as for "never" and "none". It is the present instant instead (a word for "now" in another
#            language).
# It hurts:  a column of dates that also says "no" opts everybody out today; as "consented on" it gives everybody's
#            consent, fresh.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  dateparser==1.5.0 python-dateutil==2.9.0.post0 six==1.17.0 pytz==2026.6 regex==2026.11.15 tzlocal==5.4.5
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import datetime, timedelta

import dateparser

seen = {text: dateparser.parse(text) for text in ("no", "never", "none", "stop")}
for text, read in seen.items():
    print(repr(text), "is", "now" if read else None)
assert isinstance(seen.pop("no"), datetime), "the behaviour has changed"
assert abs(dateparser.parse("no") - datetime.now()) < timedelta(minutes=1), "the behaviour has changed"
assert set(seen.values()) == {None}, "the behaviour has changed"
PYTHON
