"""CSV as people export it."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import SourceError
from outreach.sources import Row, open_source
from tests.support.source_rows import codes

HEADER = "external_contact_id,name,sms\n"
GOOD = "EXT-1,Anna,+15551234567\n"


def rows_of(path: Path, content: str | bytes, **options: object) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_source(path, **options).rows())  # type: ignore[arg-type]  # options as a test names them


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_from_the_header(path: Path, delimiter: str) -> None:
    content = (HEADER + 'EXT-1,"Anna; or, Ann",+15551234567\n').replace(",", delimiter)
    content = content.replace(f'"Anna; or{delimiter} Ann"', '"Anna; or, Ann"')

    (row,) = rows_of(path, content)

    assert row.contact
    assert row.contact.name == "Anna; or, Ann"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEADER + GOOD).encode(),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        (HEADER + GOOD).replace("\n", "\r").encode(),
        b"\n\n" + (HEADER + "\n\n" + GOOD + "\n\n,,\n , ,\n").encode(),
        (HEADER + GOOD).replace("\n", ",,,\n").encode(),
        ("sep=;\n" + (HEADER + GOOD).replace(",", ";")).encode(),
        ("sep=\t\n" + (HEADER + GOOD).replace(",", "\t")).encode(),
        ('"sep=|"\r\n' + (HEADER + GOOD).replace(",", "|")).encode(),
        "External Contact ID,Name,SMS\nEXT-1,\u00a0Anna\u00a0,\u00a0+1 (555) 123-4567\n".encode(),
        b'externalContactId,name,sms\n"EXT-1","Anna",\'+15551234567\n',
        b"external_contact_id,name,sms,email,chat\nEXT-1,Anna,+15551234567\n",
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "blank",
        "trailing",
        "sep",
        "sep tab",
        "sep quoted",
        "nbsp",
        "apostrophe",
        "short row",
    ],
)
def test_what_excel_does_to_a_file_is_understood(path: Path, content: bytes) -> None:
    (row,) = rows_of(path, content)

    assert row.contact
    assert (row.contact.external_contact_id, row.contact.name) == ("EXT-1", "Anna")
    assert row.contact.channels.sms == "+15551234567"


def test_a_row_is_named_by_the_line_on_which_it_starts(path: Path) -> None:
    content = HEADER.replace("sms", "sms,initial_message") + (
        'EXT-1,Anna,+15551234567,"one\r\ntwo\nthree"\n\nEXT-2,,+15551234567,\nEXT-3,Carl,+15551234567,\n'
    )

    rows = rows_of(path, content)

    assert [row.line for row in rows] == [2, 6, 7]
    assert rows[0].contact
    assert rows[0].contact.initial_message == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (",Anna,+15551234567", "missing_id"),
        ("-x,Anna,+15551234567", "malformed_id"),
        ("4.9E+11,Anna,+15551234567", "mangled_by_excel"),
        ("i" * 256 + ",Anna,+15551234567", "too_long"),
        ("EXT\u202e1,Anna,+15551234567", "malformed_id"),
        ("EXT-9, ,+15551234567", "missing_name"),
        ("EXT-9,\u202e\u200b,+15551234567", "missing_name"),
        ("EXT-9," + "n" * 256 + ",+15551234567", "too_long"),
        ("EXT-9,Anna,", "no_channel"),
        ("EXT-9,Anna,0171 1234567", "phone_without_country_code"),
        ("EXT-9,Anna,4.9171E+11", "mangled_by_excel"),
        ("EXT-9,Anna,#NAME?", "mangled_by_excel"),
        ("EXT-9,Anna,call me", "malformed_phone"),
        ("EXT-9,Anna,+15551234567,surplus", "too_many_cells"),
        ('EXT-9,"Anna,+15551234567', "broken_quotes"),
        ('EXT-9,"Anna" Maria,+15551234567', "broken_quotes"),
        ("EXT-9,A\0nna,+15551234567", "control_characters"),
        ('EXT-9,"A\n\0\nEXT-666,M,+15550001111\nnna",+15551234567', "control_characters"),
        (f'EXT-9,"{"x" * 10_000_000}",+15551234567', "too_long"),
        ('EXT-9,"' + "x\n" * 200_000 + '",+15551234567', "too_long"),
        ("," * 3_000_000, "too_long"),
    ],
)
def test_a_bad_row_is_a_named_reject_and_its_neighbours_are_contacts(path: Path, bad: str, code: str) -> None:
    rows = rows_of(path, HEADER + GOOD + bad + "\n" + GOOD.replace("EXT-1", "EXT-2"))

    assert codes(rows) == [None, code, None]
    assert rows[1].line == 3


def test_a_row_that_is_not_utf8_is_rejected_and_the_others_are_read(path: Path) -> None:
    rows = rows_of(path, (HEADER + GOOD + "EXT-2,Müller,+15551234567\n").encode("latin-1"))

    assert codes(rows) == [None, "not_utf8"]


def test_a_quote_that_is_never_closed_costs_one_row(path: Path) -> None:
    people = "".join(f"EXT-{number},Anna,+15551234567\n" for number in range(2, 500))

    rows = rows_of(path, HEADER + 'EXT-1,"Bob,+15551234567\n' + people)

    assert codes(rows) == ["broken_quotes"] + [None] * 498
    assert [row.line for row in rows] == list(range(2, 501))


def test_lines_inside_a_huge_quoted_cell_are_never_rows(path: Path) -> None:
    planted = "EXT-666,Mallory,+15550001111\n" * 20_000

    rows = rows_of(path, f'{HEADER}EXT-1,"{planted}",+15551234567\nEXT-2,Anna,+15551234567\n')

    assert codes(rows) == ["too_long", None]


def test_a_file_that_ends_within_a_row_is_not_taken_for_a_shorter_number(path: Path) -> None:
    rows = rows_of(path, "external_contact_id,name,sms,email\n" + GOOD + "EXT-2,Anna,+1555123")

    assert codes(rows) == [None, "cut_off"]


def test_every_problem_of_a_row_is_named_and_no_cell_is_quoted(path: Path) -> None:
    header = "external_contact_id,name,sms,email,time_zone\n"
    (row,) = rows_of(path, header + "EXT-1,Anna,12345678,anna.example.com,Europe/Berlim\n")

    assert row.reject
    assert row.reject.reason.startswith("sms needs its country code")
    assert "email (malformed_email), time_zone (unknown_time_zone)" in row.reject.reason
    assert not any(cell in row.reject.reason for cell in ("12345678", "anna", "Anna", "Berlim"))


def test_the_row_keeps_its_own_columns_for_the_rejects_file(path: Path) -> None:
    (row,) = rows_of(
        path,
        "ID,Name,Mobile,Notes\nEXT-1,Anna,x,vip\n",
        columns={"id": "external_contact_id", "MOBILE": "sms"},
    )

    assert row.raw == {"ID": "EXT-1", "Name": "Anna", "Mobile": "x", "Notes": "vip"}


def test_unknown_columns_are_listed_once(path: Path) -> None:
    path.write_text("external_contact_id,name,sms,Notes,reason\n" + GOOD + GOOD)
    source = open_source(path)

    list(source.rows())

    assert source.ignored_columns == ("Notes",)
    assert source.columns == ("external_contact_id", "name", "sms", "Notes", "reason")


@pytest.mark.parametrize(
    "header",
    [
        *("+1 317 555 0001", "+13175550001", "13175550001", "317.555.0001", "ann@example.com", "Ann Example"),
        *("two\nlines", "x\rERROR forged", "a\tb", "x" * 300, "\x1b[31mred", "=1+1", "5551"),
    ],
)
def test_a_column_whose_name_may_be_somebodys_data_is_counted_and_named_by_its_number(
    path: Path, header: str
) -> None:
    path.write_text(f'external_contact_id,name,sms,Notes,"{header}"\nA-1,Ann,+13175550009,x,y\n')
    source = open_source(path)

    list(source.rows())

    assert source.ignored_in_words == "2 columns mean nothing here: Notes, number 5"


@pytest.mark.parametrize("header", ["Lead Source", "Create Date", "Do Not Call", "Last Modified By"])
def test_a_header_of_words_that_are_in_nobodys_name_is_shown(path: Path, header: str) -> None:
    path.write_text(f"external_contact_id,name,sms,{header}\nA-1,Ann,+13175550009,x\n")
    source = open_source(path)

    list(source.rows())

    assert any(sentence.endswith(f": {header}") for sentence in source.columns_in_words)


def test_reading_twice_gives_the_same_rows(path: Path) -> None:
    path.write_text(HEADER + GOOD)
    source = open_source(path)

    assert list(source.rows()) == list(source.rows())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (HEADER.encode(), "holds no contacts"),
        (b"name,sms\nAnna,+15551234567\n", "has no column external_contact_id"),
        (b"external_contact_id,sms\nEXT-1,+15551234567\n", "has no column name"),
        (b"external_contact_id,name\nEXT-1,Anna\n", "has no column of any channel"),
        (b"external_contact_id,name,sms,SMS\n", "two columns for sms"),
        (b"\0" * 100 + b"\1" * 200, "not UTF-8"),
        (b"PK\x03\x04" + b"\0" * 100, "a spreadsheet"),
        ("external_contact_id,name,sms,Stra\u00dfe\n".encode("latin-1"), "first line"),
        (b'external_contact_id,"name,sms\nEXT-1,A,+1\n', "first line"),
    ],
)
def test_a_file_that_cannot_be_contacts_is_one_clear_sentence(path: Path, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says) as error:
        rows_of(path, content)

    assert "contacts.csv" in str(error.value)
    assert error.value.advice


def test_a_name_that_is_not_ours_may_stand_twice_and_both_columns_are_kept(path: Path) -> None:
    (row,) = rows_of(path, "external_contact_id,name,sms,x,x,X\nEXT-1,Anna,n,a,b,c\n")

    assert list(row.raw) == ["external_contact_id", "name", "sms", "x", "x (2)", "X (3)"]
    assert list(row.raw.values())[3:] == ["a", "b", "c"]


@pytest.mark.parametrize("columns", [{"sms (2)": "ignore"}, {"sms": "ignore"}])
def test_one_of_two_columns_of_ours_is_ignored_by_name(path: Path, columns: dict[str, str]) -> None:
    (row,) = rows_of(
        path, "external_contact_id,name,sms,sms\nE-1,Anna,+15551234567,+15551234567\n", columns=columns
    )

    assert row.contact


def test_a_near_miss_of_a_header_is_suggested(path: Path) -> None:
    with pytest.raises(SourceError, match="Is it 'externl_contact_id'"):
        rows_of(path, "externl_contact_id,name,sms\n" + GOOD)


def test_a_file_without_a_header_is_not_quoted(path: Path) -> None:
    with pytest.raises(SourceError) as error:
        rows_of(path, GOOD + GOOD)

    assert "Anna" not in str(error.value)
    assert "555" not in str(error.value)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"Mobile": "smss"}, "none of our columns.* Did you mean 'sms'"),
        ({"Mobil": "sms"}, "'Mobil'.* Did you mean 'Mobile'"),
    ],
)
def test_a_wrong_mapping_is_one_clear_sentence(path: Path, columns: dict[str, str], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        rows_of(path, "external_contact_id,name,Mobile\n" + GOOD, columns=columns)


def test_a_rejects_file_of_formulas_is_data(path: Path) -> None:
    (row,) = rows_of(path, HEADER + "EXT-1,'=1+1,'+15551234567\n")

    assert row.contact
    assert row.contact.name == "=1+1"


def test_strict_numbers_refuse_what_nobody_has(path: Path) -> None:
    content = HEADER + GOOD + "EXT-2,Anna,+4930123456\n"

    assert codes(rows_of(path, content)) == [None, None]
    assert codes(rows_of(path, content, strict_numbers=True)) == ["unassigned_number", None]


def test_the_null_of_databases_is_an_empty_cell(path: Path) -> None:
    header = "external_contact_id\tname\tsms\temail\tmetadata.city\n"
    rows = rows_of(path, header + "E-1\tAnna\t+15551234567\t\\N\t\\N\nE-2\t\\N\t\\N\tb@example.com\tRome\n")

    assert codes(rows) == [None, "missing_name"]
    assert rows[0].contact
    assert rows[0].contact.metadata == {}


JOINED = "external_contact_id,name,email,opt_out,consent.email,Notes,Notes,\nE-1,Anna,a@example.com,,yes,,,\n"


@pytest.mark.parametrize(
    "header",
    [
        "external_contact_id,name,email,consent.email,opt_out",
        "External_Contact_ID,name,email,opt_out,vip,consent.email",
        "external_contact_id,name,email,consent.email",
    ],
)
def test_a_header_amid_the_list_that_names_other_columns_stops_it(path: Path, header: str) -> None:
    with pytest.raises(SourceError, match=r"line 3 names the columns anew.*give each as a list of its own"):
        rows_of(path, f"{JOINED}{header}\nE-2,Ben,b@example.com,no,\n")


def test_the_same_header_amid_the_list_is_one_reject(path: Path) -> None:
    rows = rows_of(path, JOINED + "\ufeff" + JOINED.replace("E-1", "E-2"))

    assert [row.external_contact_id for row in rows if row.contact] == ["E-1", "E-2"]
