#!/usr/bin/env bash
# Whoever was deleted from a list is on it again once it is converted
#
# Packages:  dbf-to-sqlite 0.1 (dbf 0.97.11); beside it dbfread 2.0.7
# Does:      converts a dBase table of four people, two of whom were deleted in it. dBase, FoxPro and whatever else writes
#            .dbf put an asterisk before a deleted row; it goes for good when the table is packed, which few do.
# Expected:  the two who are left, as dBase and FoxPro show with SET DELETED ON, and as dbfread gives. It reads by a
#            library that gives deleted rows like others, to be asked of each, and does not ask: all four are in the new
#            table, and no column says which.
# It hurts:  in a list of people a deleted row is how somebody's "take me off" was carried out. They are called again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" \
  dbf-to-sqlite==0.1 dbf==0.97.11 aenum==3.1.17 sqlite-utils==4.2.1 click==8.5.1 dbfread==2.0.7
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import sqlite3

import dbf
from dbf_to_sqlite.cli import cli
from dbfread import DBF

people = dbf.Table("people.dbf", "id C(3); phone C(12)")
people.open(dbf.READ_WRITE)
for number in range(1, 5):
    people.append((f"C-{number}", f"+1202555010{number}"))
for person in people:
    if person.id in ("C-2", "C-4"):
        dbf.delete(person)
people.close()

cli(["people.dbf", "people.db"], standalone_mode=False)
converted = [person for (person,) in sqlite3.connect("people.db").execute("SELECT id FROM people ORDER BY id")]
left = [person["ID"] for person in DBF("people.dbf")]
deleted = [person["ID"] for person in DBF("people.dbf").deleted]
print("deleted:", deleted, " left, by dbfread:", left, " by dbf-to-sqlite:", converted)
assert (left, deleted) == (["C-1", "C-3"], ["C-2", "C-4"])
assert converted == ["C-1", "C-2", "C-3", "C-4"], "the behaviour has changed"
PYTHON
