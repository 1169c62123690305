#!/usr/bin/env bash
# Two cron libraries disagree about one valid line
#
# Packages:  cronsim 2.8, croniter 7.0.0
# Does:      asks when "0 9 */2 * 1" runs: nine o'clock, every second day of the month, Monday.
# Expected:  the same days. cronsim asks for both (a Monday that is an odd day), croniter for either (every Monday,
#            and every odd day). With a 1 in place of */2 both say "either".
# It hurts:  a campaign that was tried with the one runs ten times as often with the other, on Sundays too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  cronsim==2.8 croniter==7.0.0 python-dateutil==2.9.0.post0 six==1.17.0 pytz==2026.6
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import datetime

from croniter import croniter
from cronsim import CronSim


def days(line, library):
    start = datetime(2026, 11, 1)
    if library is CronSim:
        runs = CronSim(line, start)
        return [next(runs).strftime("%a %d.%m") for _ in range(4)]
    runs = croniter(line, start)
    return [runs.get_next(datetime).strftime("%a %d.%m") for _ in range(4)]


for line, same in {"0 9 */2 * 1": False, "0 9 1 * 1": True}.items():
    by_cronsim, by_croniter = days(line, CronSim), days(line, croniter)
    print(line, "cronsim:", by_cronsim, "croniter:", by_croniter)
    assert (by_cronsim == by_croniter) is same, "the behaviour has changed"
assert days("0 9 */2 * 1", CronSim)[:2] == ["Mon 09.11", "Mon 23.11"], "the behaviour has changed"
assert days("0 9 */2 * 1", croniter)[:2] == ["Sun 01.11", "Mon 02.11"], "the behaviour has changed"
PYTHON
