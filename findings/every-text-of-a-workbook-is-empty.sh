#!/usr/bin/env bash
# pylightxl reads a workbook of openpyxl without any of its texts
#
# Packages:  pylightxl 1.61, openpyxl 3.1.5
# Does:      writes a list with openpyxl and reads it with pylightxl, and with openpyxl again.
# Expected:  the same cells. pylightxl does not find the table of texts, whose address openpyxl writes with a slash
#            in front (which the format allows), and gives an empty cell for each text.
# It hurts:  the numbers are there, so the list looks whole; the opt-outs and the phones with a plus are gone, and
#            nothing says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  pylightxl==1.61 openpyxl==3.1.5 et-xmlfile==2.0.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import openpyxl
import pylightxl

rows = [["id", "phone", "opt out"], [1, "+13175550101", "yes"], [2, "+13175550102", "no"]]
book = openpyxl.Workbook()
for row in rows:
    book.active.append(row)
book.save("list.xlsx")
by_openpyxl = [list(row) for row in openpyxl.load_workbook("list.xlsx").active.iter_rows(values_only=True)]
by_pylightxl = [list(row) for row in pylightxl.readxl("list.xlsx").ws("Sheet").rows]
print("openpyxl: ", by_openpyxl)
print("pylightxl:", by_pylightxl)
assert by_openpyxl == rows
assert by_pylightxl == [[""], [1], [2]], "the behaviour has changed"
PYTHON
