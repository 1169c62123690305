#!/usr/bin/env bash
# On a stop list each address stands in brackets, twice, so that it is nobody's
#
# Packages:  odfdo 3.27.3; beside it python-calamine 0.9.1
# Does:      reads a stop list of three addresses from an .ods sheet. The office program made links of two as they were
#            typed, as such programs do with addresses: a text:a element with the same words in it.
# Expected:  the text of the cells, for the library gives text and calls it the cell's value; so calamine reads it. For a
#            linked cell it gives Markdown, with the address twice, and its CSV has the same.
# It hurts:  a list of whom to contact fails at once, and one sees it. A list of whom to leave alone fails silently: no
#            address on it is equal to anybody's, and those who said stop are written to.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" \
  odfdo==3.27.3 python-calamine==0.9.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import zipfile

import odfdo
import python_calamine

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
KIND = "application/vnd.oasis.opendocument.spreadsheet"
STOPPED = ["ann@example.org", "bob@example.org", "cy@example.org"]


def write(address, linked):
    text = f'<text:a xlink:href="mailto:{address}" xlink:type="simple">{address}</text:a>' if linked else address
    cell = f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    return f"<table:table-row>{cell}</table:table-row>"


rows = "".join(write(address, address != STOPPED[2]) for address in STOPPED)
spaces = " ".join(f'xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
spaces = f'{spaces} xmlns:xlink="http://www.w3.org/1999/xlink"'
content = f"""<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>
<table:table table:name="Stop">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"""
manifest = f"""<m:manifest xmlns:m="{OASIS}:manifest:1.0" m:version="1.2">
<m:file-entry m:full-path="/" m:media-type="{KIND}"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/>
</m:manifest>"""
with zipfile.ZipFile("stop.ods", "w") as file:
    for name, data in (("mimetype", KIND), ("content.xml", content), ("META-INF/manifest.xml", manifest)):
        file.writestr(name, data)

sheet = odfdo.Document("stop.ods").body.tables[0]
by_odfdo = [row.get_value(0) for row in sheet.rows]
by_calamine = [row[0] for row in python_calamine.load_workbook("stop.ods").get_sheet_by_index(0).to_python()]
print("odfdo:", by_odfdo, " its CSV:", sheet.to_csv().split(), " calamine:", by_calamine)
to_contact = [address for address in STOPPED if address not in by_odfdo]
print("said stop and are contacted:", to_contact)
assert by_calamine == STOPPED
assert to_contact == STOPPED[:2], "the behaviour has changed"
assert by_odfdo[0] == "[ann@example.org](mailto:ann@example.org)", "the behaviour has changed"
PYTHON
