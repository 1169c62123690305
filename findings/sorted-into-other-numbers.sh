#!/usr/bin/env bash
# Sorting a list by its id writes other phone numbers, and other dates from one day to the next
#
# Packages:  csvkit 2.2.0 (agate 1.14.2)
# Does:      sorts a list of three people by their id with `csvsort`, and takes its columns apart with `csvcut`.
# Expected:  the same cells in another order. csvsort guesses a type for each column it was not asked about, and writes
#            what it guessed: the plus of each number is gone, the ZIP code's zero too, and "n" became "False". Days of
#            March and April are turned into ISO dates with the month first, unless one row has a day above 12: then all
#            stay as they are. csvcut changes nothing.
# It hurts:  without its plus a German mobile is another valid number (of a landline), and a consent of 3 April is
#            counted from 4 March.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check csvkit==2.2.0 agate==1.14.2
cd "$folder"
python3 - "$folder/python/bin" <<'PYTHON'
import subprocess
import sys

LIST = """id,phone,zip,opt_in,consent_at
2,+491715550102,04109,y,04/04/2026
1,+491715550101,01067,n,03/04/2026
3,+491715550103,04229,n,{last}
"""


def call(command, last):
    given = LIST.format(last=last)
    called = subprocess.run([f"{sys.argv[1]}/{command[0]}", *command[1:]], input=given, text=True, stdout=-1, check=True)
    print(" ".join(command), called.stdout, sep="\n")
    return called.stdout.splitlines()


assert call(("csvcut", "-c", "id,phone"), "05/04/2026")[2] == "1,+491715550101"
assert call(("csvsort", "-c", "id"), "05/04/2026")[1] == "1,491715550101,1067,False,2026-03-04", "the behaviour has changed"
assert call(("csvsort", "-c", "id"), "13/04/2026")[1] == "1,491715550101,1067,False,03/04/2026", "the behaviour has changed"
PYTHON
