"""Workbooks: what a person sees in them is read, and what nobody knows keeps its row back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlrd

from outreach.contacts import Channel
from outreach.errors import SourceError
from outreach.sources import Row, Source, open_source
from outreach.sources.choices import Choices
from tests.support.source_rows import codes
from tests.support.workbooks import (
    DATE,
    HOURS,
    STRUCK,
    TIME,
    ZEROS,
    SheetXml,
    error,
    formula,
    number,
    truth,
    write_workbook,
)

HEADERS = ["external_contact_id", "name", "sms", "opt out", "metadata.x"]
XLS = Path(__file__).with_name("contacts.xls")


def person(n: int, *more: str) -> list[str]:
    return [f"W-{n}", f"Person {n}", f"+4917155501{n:02d}", *more]


def book(path: Path, *rows: list[str], **options: object) -> Path:
    return write_workbook(path / "list.xlsx", {"List": SheetXml([HEADERS, *rows], **options)})  # type: ignore[arg-type]  # as a test names them


def read(path: Path, **choices: object) -> tuple[list[Row], Source]:
    source = open_source(path, choices=Choices(**choices))  # type: ignore[arg-type]  # as a test names them
    return list(source.rows()), source


def names(rows: list[Row]) -> list[str]:
    return [row.contact.name for row in rows if row.contact]


def only_metadata(path: Path, cell: str, **options: object) -> str:
    sheets = {"List": SheetXml([HEADERS, person(1, "", cell)])}
    rows, _ = read(write_workbook(path / "list.xlsx", sheets, **options))  # type: ignore[arg-type]
    assert rows[0].contact
    return rows[0].contact.metadata.get("x", "")


@pytest.mark.parametrize(
    "cell",
    [
        error("#N/A"),
        error("#NAME?"),
        error("#SPILL!"),
        formula(),
        number(1, STRUCK),
        "#N/A",
        "#NV",
        "#ERROR!",
        "#WERT!",
        "Err:508",
    ],
)
def test_an_opt_out_that_is_not_known_keeps_its_row_back(tmp_path: Path, cell: str) -> None:
    rows, _ = read(book(tmp_path, person(1, cell), person(2, "no")))

    assert codes(rows) == ["unclear_opt_out", None]


@pytest.mark.parametrize("column", [0, 1, 2, 4])
def test_an_error_in_any_column_of_ours_keeps_its_row_back(tmp_path: Path, column: int) -> None:
    row = person(1, "no", "a")
    row[column] = error()

    assert [code is not None for code in codes(read(book(tmp_path, row))[0])] == [True]


def test_a_formula_that_nobody_computed_is_not_the_no_that_stands_for_it(tmp_path: Path) -> None:
    sheets = {"List": SheetXml([HEADERS, person(1, formula("0"))])}

    assert codes(read(write_workbook(tmp_path / "a.xlsx", sheets, uncomputed=True))[0]) == ["unclear_opt_out"]
    assert codes(read(write_workbook(tmp_path / "b.xlsx", sheets))[0]) == [None]


def test_a_merge_over_several_rows_is_not_known_below_its_first(tmp_path: Path) -> None:
    rows, _ = read(
        book(tmp_path, person(1, "yes"), person(2, ""), person(3, ""), person(4, ""), merges=["D2:D4"])
    )

    assert codes(rows) == [None, "unclear_opt_out", "unclear_opt_out", None]
    assert rows[0].contact
    assert not rows[0].contact.consent[Channel.SMS].given


def test_a_merge_beside_each_other_is_no_question(tmp_path: Path) -> None:
    assert codes(read(book(tmp_path, person(1, "no", "a"), merges=["E2:F2"]))[0]) == [None]


def test_hidden_rows_are_left_out_and_said_unless_they_are_asked_for(tmp_path: Path) -> None:
    path = book(tmp_path, person(1), person(2), person(3), hidden=[3])

    rows, source = read(path)
    asked, _ = read(path, hidden_rows=True)

    assert names(rows) == ["Person 1", "Person 3"]
    assert [row.line for row in rows] == [2, 4]
    assert "1 hidden rows are left out" in source.notes[0]
    assert len(asked) == 3


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    sheets = {
        "Old": SheetXml([HEADERS, person(9)], state="hidden"),
        "Older": SheetXml([HEADERS, person(8)], state="veryHidden"),
        "Read me": SheetXml([["How to use this list"]]),
        "List": SheetXml([HEADERS, person(1)]),
    }
    path = write_workbook(tmp_path / "list.xlsx", sheets)

    assert names(read(path)[0]) == ["Person 1"]
    assert names(read(path, sheet="Old")[0]) == ["Person 9"]


def test_two_sheets_that_fit_are_a_question(tmp_path: Path) -> None:
    sheets = {"May": SheetXml([HEADERS, person(1)]), "June": SheetXml([HEADERS, person(2)])}
    path = write_workbook(tmp_path / "list.xlsx", sheets)

    with pytest.raises(SourceError, match="2 sheets that may be the list: 'May', 'June'"):
        read(path)
    with pytest.raises(SourceError, match="has no sheet 'July'"):
        read(path, sheet="July")
    assert names(read(path, sheet="June")[0]) == ["Person 2"]


def test_titles_blank_rows_and_totals_are_no_people(tmp_path: Path) -> None:
    rows = [["Customers 2026"], [], HEADERS, person(1), [], person(2), ["Total", "", number(2)]]
    found, source = read(write_workbook(tmp_path / "list.xlsx", {"List": SheetXml(rows)}))

    assert [(row.line, row.contact and row.contact.name) for row in found] == [
        (4, "Person 1"),
        (6, "Person 2"),
    ]
    assert any("titles" in note for note in source.notes)
    assert any("totals" in note for note in source.notes)


def test_the_totals_row_of_a_table_is_passed_over(tmp_path: Path) -> None:
    table = '<table ref="A1:E3" totalsRowCount="1"/>'
    rows = [HEADERS, person(1), ["Anything", "2", "+491715550199"]]
    found, _ = read(write_workbook(tmp_path / "l.xlsx", {"List": SheetXml(rows, related={"table": table})}))

    assert names(found) == ["Person 1"]


def test_a_comment_that_speaks_of_not_calling_keeps_its_row_back(tmp_path: Path) -> None:
    comments = (
        '<comments><commentList><comment ref="B2"><text><r><t>DO NOT </t></r>'
        "<r><t>CALL</t></r></text></comment>"
        '<comment ref="B3"><text><t>nice person</t></text></comment></commentList></comments>'
    )
    sheet = SheetXml([HEADERS, person(1), person(2)], related={"comments": comments})
    rows, source = read(write_workbook(tmp_path / "list.xlsx", {"List": sheet}))

    assert names(rows) == ["Person 2"]
    assert any("2 cells have comments" in note for note in source.notes)


def test_a_comment_in_an_xls_keeps_its_row_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = xlrd.open_workbook

    def with_notes(*args: object, **options: object) -> xlrd.book.Book:
        found = opened(*args, **options)
        note, other = xlrd.sheet.Note(), xlrd.sheet.Note()
        note.text, other.text = "DO NOT CALL", "nice person"
        for sheet in found.sheets():
            sheet.cell_note_map.update({(1, 1): note, (2, 1): other})
        return found

    everybody, _ = read(XLS)
    monkeypatch.setattr(xlrd, "open_workbook", with_notes)
    rows, source = read(XLS)

    assert rows[0].line == 2
    assert names(rows) == names(everybody)[1:]
    assert any("2 cells have comments" in note for note in source.notes)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (number(2134), "2134"),
        (number("2134.0"), "2134"),
        (number(2134, ZEROS), "02134"),
        (number("4.91715550101E11"), "491715550101"),
        (number("0.19"), "0.19"),
        (number("0.30000000000000004"), "0.30000000000000004"),
        (number(46354, DATE), "2026-11-28"),
        (number("46354.5", TIME), "2026-11-28T12:00:00"),
        (number("0.375", TIME), "09:00:00"),
        (number(3175550101, DATE), "3175550101"),
        (number(3175550101, HOURS), "3175550101"),
        (truth(True), "true"),
        (' t="d"><v>2026-11-28T10:00:00Z</v></c>', "2026-11-28T10:00:00Z"),
        ('  t="inlineStr"><is><r><t>A</t></r><r><t>nn</t></r><rPh><t>x</t></rPh></is></c>', "Ann"),
        ("a & b < c", "a & b < c"),
        ("_x0041_nn", "Ann"),
    ],
)
def test_a_cell_is_read_as_people_see_it(tmp_path: Path, cell: str, shown: str) -> None:
    assert only_metadata(tmp_path, cell) == shown


def test_a_date_of_a_mac_is_that_day(tmp_path: Path) -> None:
    assert only_metadata(tmp_path, number(46354, DATE), is_1904=True) == "2030-11-29"


@pytest.mark.parametrize(
    "cell", [number("12345678901234567"), number("9007199254740993"), number("1E+300"), number(0, DATE)]
)
def test_a_number_that_lost_its_digits_is_not_known(tmp_path: Path, cell: str) -> None:
    assert codes(read(book(tmp_path, person(1, "", cell)))[0]) == ["not_known"]


@pytest.mark.parametrize("options", [{"prefix": "x"}, {"pretty": True}, {"numbered": False}])
def test_every_way_of_writing_the_xml_is_the_same_list(tmp_path: Path, options: dict[str, object]) -> None:
    rows = [person(1, error()), person(2, formula()), [], person(3, "", "a & b"), person(4, truth(True))]
    usual = read(book(tmp_path, *rows))[0]

    assert read(book(tmp_path, *rows, **options))[0] == usual
    assert len(usual) == 4


def test_strict_open_xml_is_read(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "list.xlsx", {"List": SheetXml([HEADERS, person(1)])}, strict=True)

    assert names(read(path)[0]) == ["Person 1"]


def test_a_row_is_never_lost_in_silence(tmp_path: Path) -> None:
    path = book(tmp_path, person(1), person(2))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</row><row", b"<row", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(SourceError, match="cannot be read"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not a readable .xls"),
        ("a.xls", b"<html><table><tr><td>id</td></tr></table></html>", "web page"),
        (
            "a.xls",
            b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>",
            "2003",
        ),
        ("a.xlsx", b"PK\x03\x04 cut off", "damaged or cut off"),
    ],
)
def test_what_only_bears_the_name_is_one_clear_sentence(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SourceError, match=says):
        read(tmp_path / name)


def test_text_that_bears_a_workbooks_name_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "export.xls"
    path.write_text("external_contact_id\tname\tsms\nW-1\tAnna\t+491715550101\n")

    assert names(read(path)[0]) == ["Anna"]


def test_a_workbook_that_unfolds_absurdly_is_refused(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "list.xlsx", {"List": SheetXml([HEADERS, person(1, "", "x" * (40 << 20))])}
    )

    with pytest.raises(SourceError, match="grows more than 200 times"):
        read(path)


def test_a_column_far_to_the_right_takes_no_memory(tmp_path: Path) -> None:
    far = ['/><c r="XFE2"><v>1</v></c>']

    with pytest.raises(SourceError, match="cannot be read"):
        read(book(tmp_path, far))


def test_an_xls_workbook_tells_errors_hidden_rows_and_formats() -> None:
    rows, source = read(XLS)

    assert [row.line for row in rows] == [2, 3, 4, 5, 7]
    assert codes(rows) == [None, None, "unclear_opt_out", "unclear_opt_out", None]
    assert rows[1].contact
    assert rows[1].contact.external_contact_id == "2134"
    assert rows[1].contact.metadata == {"x": "02134"}
    assert not rows[0].contact.consent[Channel.SMS].given  # type: ignore[union-attr]  # its code is None
    assert rows[4].contact.metadata == {"x": "2026-11-28"}  # type: ignore[union-attr]
    assert "1 hidden rows are left out" in source.notes[0]


SPACES = 'xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s" xmlns:calcext="c"'
ODS = """<office:document-content {spaces}><office:automatic-styles>
<style:style style:name="ta1"><style:table-properties table:display="true"/></style:style>
<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>
<table:table table:name="Old" table:style-name="ta2"><table:table-row>{old}</table:table-row></table:table>
<table:table table:name="List" table:style-name="ta1">{rows}
<table:table-row table:number-rows-repeated="1048000">
<table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def cell(value: str, **attributes: str) -> str:
    said = "".join(
        f' {name.replace("__", ":").replace("_", "-")}="{each}"' for name, each in attributes.items()
    )
    return f"<table:table-cell{said}>{f'<text:p>{value}</text:p>' if value else ''}</table:table-cell>"


COMMENT = "<office:annotation><text:p>DO NOT</text:p><text:p>CALL</text:p></office:annotation>"


def test_an_ods_workbook_tells_errors_hidden_rows_merges_and_booleans(tmp_path: Path) -> None:
    def row(n: int, *cells: str, visibility: str = "visible") -> str:
        inner = "".join([*map(cell, person(n)), *cells])
        return f'<table:table-row table:visibility="{visibility}">{inner}</table:table-row>'

    rows = [
        "<table:table-row>" + "".join(map(cell, HEADERS)) + "</table:table-row>",
        row(1, cell("WAHR", office__value_type="boolean", office__boolean_value="true")),
        row(2, cell("#N/A", office__value_type="string", calcext__value_type="error")),
        row(3, cell("", table__formula="of:=IF(1;2)")),
        row(4, cell("nein", table__number_rows_spanned="2")),
        row(5, "<table:covered-table-cell/>"),
        row(6, visibility="filter"),
        row(7, cell(""), cell("02134", office__value_type="float", office__value="2134")),
        row(8, cell(""), cell("a<text:s text:c='2'/>b<text:line-break/>c")),
        row(
            9,
            cell("").replace("/>", ">").replace("</table:table-cell>", "") + COMMENT + "</table:table-cell>",
        ),
    ]
    path = tmp_path / "list.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(spaces=SPACES, old=cell("old"), rows="".join(rows)))

    found, source = read(path)

    assert [row.line for row in found] == [2, 3, 4, 5, 6, 8, 9, 10]
    unclear = "unclear_opt_out"
    assert codes(found) == [None, unclear, unclear, None, unclear, None, None, "not_known"]
    assert any("1 cells have comments" in note for note in source.notes)
    assert not found[0].contact.consent[Channel.SMS].given  # type: ignore[union-attr]  # its code is None
    assert found[5].contact.metadata == {"x": "02134"}  # type: ignore[union-attr]
    assert found[6].contact.metadata == {"x": "a  b\nc"}  # type: ignore[union-attr]
    assert "1 hidden rows are left out" in source.notes[0]
