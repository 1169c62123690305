"""Workbooks in raw XML, for what no library writes: cells, rows and sheets exactly as a test says."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    '<numFmts><numFmt numFmtId="170" formatCode="00000"/>'
    '<numFmt numFmtId="171" formatCode="[$-407]d. mmmm yyyy"/>'
    '<numFmt numFmtId="172" formatCode="[h]:mm"/></numFmts>'
    "<fonts><font/><font><strike/></font></fonts>"
    '<cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="170" fontId="0"/><xf numFmtId="171" fontId="0"/>'
    '<xf numFmtId="22" fontId="0"/><xf numFmtId="172" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs>'
)
ZEROS, DATE, TIME, HOURS, STRUCK = 's="1"', 's="2"', 's="3"', 's="4"', 's="5"'
"""Attributes of cells: shown as 02134, as a date, as date and time, as hours, struck out."""


@dataclass
class SheetXml:
    """A sheet: rows of cells, each a text or what stands in `<c r="A1"` and behind it."""

    rows: Sequence[Sequence[str]]
    state: str = ""
    hidden: Sequence[int] = ()
    """Numbers of hidden rows, from 1."""
    merges: Sequence[str] = ()
    related: Mapping[str, str] = field(default_factory=dict)
    """Content of a part by its kind, like comments or table."""
    numbered: bool = True
    prefix: str = ""
    pretty: bool = False


def text(value: str) -> str:
    """A cell of text."""
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value: object, style: str = "") -> str:
    """A cell of a number."""
    return f" {style}><v>{value}</v></c>" if style else f"><v>{value}</v></c>"


def error(value: str = "#N/A") -> str:
    """A cell of an error."""
    return f' t="e"><v>{value}</v></c>'


def formula(value: str = "") -> str:
    """A formula, and the number that stands for its value."""
    return f"><f>IF(1=1,&quot;yes&quot;,&quot;no&quot;)</f>{f'<v>{value}</v>' if value else ''}</c>"


def truth(value: bool) -> str:  # noqa: FBT001 - it is the value
    """A cell of TRUE or FALSE."""
    return f' t="b"><v>{int(value)}</v></c>'


def letters(position: int) -> str:
    """A column's name, from 0."""
    return chr(65 + position) if position < 26 else letters(position // 26 - 1) + letters(position % 26)


def write_workbook(
    path: Path,
    sheets: Mapping[str, SheetXml],
    *,
    uncomputed: bool = False,
    is_1904: bool = False,
    strict: bool = False,
) -> Path:
    """An .xlsx file of these sheets."""
    space = _STRICT if strict else _MAIN
    named = enumerate(sheets.items(), 1)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"'
        + (f' state="{sheet.state}"' if sheet.state else "")
        + "/>"
        for n, (name, sheet) in named
    )
    dates = ' date1904="1"' if is_1904 else ""
    load = ' fullCalcOnLoad="1"' if uncomputed else ""
    book = (
        f'<workbook xmlns="{space}" xmlns:r="{_RELATED}"><workbookPr{dates}/>'
        f"<sheets>{listed}</sheets><calcPr{load}/></workbook>"
    )
    relations = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/workbook.xml", book)
        archive.writestr(
            "xl/_rels/workbook.xml.rels", _relations([*relations, ("rIdS", "styles", "styles.xml")])
        )
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{space}">{_STYLES}</styleSheet>')
        for n, sheet in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(sheet, space))
            found = [(f"rId{kind}", kind, f"../{kind}{n}.xml") for kind in sheet.related]
            archive.writestr(f"xl/worksheets/_rels/sheet{n}.xml.rels", _relations(found))
            for kind, content in sheet.related.items():
                archive.writestr(f"xl/{kind}{n}.xml", content)
    return path


def _relations(found: Sequence[tuple[str, str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="{name}" Type="{_RELATED}/{kind}" Target="{to}"/>' for name, kind, to in found
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def _sheet(sheet: SheetXml, space: str) -> str:
    rows = "".join(_row(n, cells, sheet) for n, cells in enumerate(sheet.rows, 1))
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in sheet.merges)
    tail = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    body = f"<sheetData>{rows}</sheetData>{tail}"
    if sheet.pretty:
        body = body.replace("<row", "\n  <row").replace("<c", "\n    <c").replace("<v>", "\n      <v>")
    if sheet.prefix:
        body = re.sub(r"<(/?)", rf"<\1{sheet.prefix}:", body)
        return f'<{sheet.prefix}:worksheet xmlns:{sheet.prefix}="{space}">{body}</{sheet.prefix}:worksheet>'
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{space}"><dimension ref="A1"/>'
    return f"{head}{body}</worksheet>"


def _row(n: int, cells: Sequence[str], sheet: SheetXml) -> str:
    hidden = ' hidden="1"' if n in sheet.hidden else ""
    place = f' r="{n}"' if sheet.numbered else ""
    inner = "".join(
        "<c" + (f' r="{letters(at)}{n}"' if sheet.numbered else "") + _cell(cell)
        for at, cell in enumerate(cells)
    )
    return f"<row{place}{hidden}>{inner}</row>" if inner else f"<row{place}{hidden}/>"


def _cell(cell: str) -> str:
    if cell.endswith("</c>") and cell[0] in " >/":
        return cell
    return text(cell) if cell else "/>"
