#!/usr/bin/env bash
# A comment takes the place of somebody's no, and "stop" moves to the column of the phone
#
# Packages:  tablib 3.10.0 with odfpy 1.4.1; beside it python-calamine 0.9.1
# Does:      reads four people from an .ods sheet, marked up as LibreOffice saves one: a "no" with a comment, two cells
#            alike, which are one with a count, two empty cells before a "stop", and an answer of two lines.
# Expected:  what the sheet shows, as calamine reads it. A count stands for as many cells (OpenDocument 1.2, part 1,
#            table:number-columns-repeated), and a comment is no part of the text (6.1.1). It takes the first piece of
#            a cell, which is the comment's author, or the first line; of two cells alike it takes one, of empty ones
#            none, so that what follows moves to the left. Nothing is raised: it fills such rows at their end.
# It hurts:  whoever said no, stop or never is called. Whoever opens the sheet sees nothing wrong with it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  tablib==3.10.0 odfpy==1.4.1 defusedxml==0.7.1 python-calamine==0.9.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import zipfile

import python_calamine
import tablib

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
KIND = "application/vnd.oasis.opendocument.spreadsheet"


def text(*lines, repeated=1, before=""):
    shown = before + "".join(f"<text:p>{line}</text:p>" for line in lines)
    kind = ' office:value-type="string"' if shown else ""
    count = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-cell{count}{kind}>{shown}</table:table-cell>"


note = "<dc:creator>Eve</dc:creator><dc:date>2026-11-02T10:00:00</dc:date><text:p>asked twice</text:p>"
note = f"<office:annotation>{note}</office:annotation>"
rows = [
    text("id") + text("phone") + text("mail") + text("calls"),
    text("C-1") + text("+12025550101") + text("yes") + text("no", before=note),
    text("C-2") + text("+12025550102") + text("no", repeated=2),
    text("C-3") + text(repeated=2) + text("stop"),
    text("C-4") + text("+12025550104") + text("no") + text("yes", "but never at work"),
]
spaces = " ".join(f'xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
sheet = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
content = f"""<office:document-content {spaces} xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="List">{sheet}</table:table></office:spreadsheet></office:body>
</office:document-content>"""
manifest = f"""<m:manifest xmlns:m="{OASIS}:manifest:1.0" m:version="1.2">
<m:file-entry m:full-path="/" m:media-type="{KIND}"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/>
</m:manifest>"""
with zipfile.ZipFile("list.ods", "w") as file:
    for name, data in (("mimetype", KIND), ("content.xml", content), ("META-INF/manifest.xml", manifest)):
        file.writestr(name, data)

with open("list.ods", "rb") as file:
    by_tablib = tablib.Dataset().load(file, "ods")
by_calamine = python_calamine.load_workbook("list.ods").get_sheet_by_index(0).to_python()[1:]
for seen, shown in zip(by_tablib, by_calamine, strict=True):
    print("tablib:", *map(repr, seen), " the sheet:", *map(repr, shown))
assert by_calamine == [
    ["C-1", "+12025550101", "yes", "no"],
    ["C-2", "+12025550102", "no", "no"],
    ["C-3", "", "", "stop"],
    ["C-4", "+12025550104", "no", "yes\nbut never at work"],
]
assert list(by_tablib) == [
    ("C-1", "+12025550101", "yes", "Eve"),
    ("C-2", "+12025550102", "no", ""),
    ("C-3", "stop", "", ""),
    ("C-4", "+12025550104", "no", "yes"),
], "the behaviour has changed"
PYTHON
