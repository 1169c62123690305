#!/usr/bin/env bash
# Two numbers in one cell become a third one, which is valid
#
# Packages:  python-calamine 0.9.1 (an engine of pandas, and the one of Polars); beside it odfdo 3.27.3, phonenumbers 9.0.43
# Does:      reads cells from an .ods sheet: two numbers of one Berlin desk with a tab between, as people paste them, or
#            with an end of line; and two words with a tab.
# Expected:  white space, as the sheet shows it. OpenDocument has elements that stand for these signs (1.2, part 1, 6.1.4
#            and 6.1.5). It leaves them out, with nothing in their place; the spaces of text:s, a third such element, it
#            keeps. odfdo reads all three.
# It hurts:  the number that comes out is valid, so that no check stops it: a stranger gets what was meant for two others.
#            And "no", "thanks" is a word that no list of refusals has.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" \
  python-calamine==0.9.1 odfdo==3.27.3 phonenumbers==9.0.43
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import zipfile

import odfdo
import phonenumbers
import python_calamine

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
KIND = "application/vnd.oasis.opendocument.spreadsheet"
CELLS = (
    ("030 231250<text:tab/>231251", "030 231250\t231251", "030 231250231251"),
    ("030 231250<text:line-break/>231251", "030 231250\n231251", "030 231250231251"),
    ("no<text:tab/>thanks", "no\tthanks", "nothanks"),
    ('no<text:s text:c="2"/>thanks', "no  thanks", "no  thanks"),
)
cell = '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell></table:table-row>'
rows = "".join(cell.format(written) for written, _, _ in CELLS)
spaces = " ".join(f'xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
content = f"""<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>
<table:table table:name="List">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"""
manifest = f"""<m:manifest xmlns:m="{OASIS}:manifest:1.0" m:version="1.2">
<m:file-entry m:full-path="/" m:media-type="{KIND}"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/>
</m:manifest>"""
with zipfile.ZipFile("list.ods", "w") as file:
    for name, data in (("mimetype", KIND), ("content.xml", content), ("META-INF/manifest.xml", manifest)):
        file.writestr(name, data)

by_calamine = [row[0] for row in python_calamine.load_workbook("list.ods").get_sheet_by_index(0).to_python()]
by_odfdo = [row.get_value(0) for row in odfdo.Document("list.ods").body.tables[0].rows]
for (_, shown, joined), calamine, other in zip(CELLS, by_calamine, by_odfdo, strict=True):
    print(f"the sheet {shown!r}, calamine {calamine!r}, odfdo {other!r}")
    assert other == shown
    assert calamine == joined, "the behaviour has changed"
number = phonenumbers.parse(by_calamine[0], "DE")
print(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_valid_number(number))
assert phonenumbers.is_valid_number(number), "the behaviour has changed"
PYTHON
