"""What is written can be mended, fed back, and opened in a spreadsheet."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import UsageError
from outreach.sources import Row, open_source
from outreach.sources.csv_writer import MOST_LATE, PrivateCsv, RejectsFile
from outreach.sources.formulas import disarm, restore
from tests.support.source_rows import contacts_of

TEXT = st.text(max_size=40)


def reject_of(cells: Mapping[str, object]) -> Row:
    (row,) = open_source([cells]).rows()
    assert row.reject
    return row


@given(TEXT)
def test_a_disarmed_cell_is_restored_and_starts_no_formula(cell: str) -> None:
    assert restore(disarm(cell)) == cell
    assert disarm(cell).lstrip()[:1] not in set("=+-@")


CELLS = st.lists(TEXT | st.text("a1,\"+=-@'\0;|\t\n _\uff1d", max_size=4), min_size=1, max_size=5)


@given(CELLS)
def test_the_cells_of_a_row_are_disarmed_like_each_alone(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    names = [f"column {number}" for number in range(len(cells))]
    path = tmp_path_factory.mktemp("row") / "row.csv"

    with PrivateCsv(path, names, ()) as file:
        file.write(dict(zip(names, cells, strict=True)))

    with path.open(newline="") as read:
        _, row = csv.reader(read)
    assert row == [disarm(cell.replace("\0", "\ufffd")) for cell in cells]


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@x", "\tx", "\rx", " =1", "\uff1d1"])
def test_formulas_get_an_apostrophe(cell: str) -> None:
    assert disarm(cell) == "'" + cell


def test_an_apostrophe_that_belongs_to_a_name_stays() -> None:
    assert disarm("'t Hooft") == restore("'t Hooft") == "'t Hooft"


def test_the_rejects_file_has_the_inputs_columns_and_ours(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_text("ID,Name,Mobile,Notes\nEXT-1,=cmd(),0171,vip\nEXT-2,Anna,+15551234567,\n")
    opened = open_source(source, columns={"ID": "external_contact_id", "Mobile": "sms"})
    path = tmp_path / "rejects.csv"

    with RejectsFile(path, opened.columns) as rejects:
        for row in opened.rows():
            rejects.add(row)

    with path.open(newline="") as file:
        (written,) = csv.DictReader(file)
    assert list(written) == ["ID", "Name", "Mobile", "Notes", "line", "code", "reason", "retryable"]
    assert written["Name"] == "'=cmd()"
    assert (written["line"], written["code"], written["retryable"]) == (
        "2",
        "phone_without_country_code",
        "no",
    )


def test_a_mended_rejects_file_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path) as rejects:
        rejects.add(reject_of({"external_contact_id": "EXT-1", "name": "Anna", "sms": "0171 5551234"}))
        rejects.add(reject_of({"external_contact_id": "EXT-2", "name": "Carl", "email": "carl"}))

    assert [row.reject is None for row in open_source(path).rows()] == [False, False]
    path.write_text(path.read_text().replace("0171", "+49 171"))

    assert [contact.channels.sms for contact in contacts_of(path)] == ["+491715551234"]


@pytest.mark.parametrize(
    "cells",
    [
        {"external_contact_id": "EXT\0"},
        {"name": "Anna\ud800"},
        {"initial_message": "x" * 200_000},
        {"sms": "=+15551234567"},
        {"chat": "a\rb"},
    ],
)
def test_a_reject_that_nobody_mended_is_rejected_again(tmp_path: Path, cells: dict[str, str]) -> None:
    path = tmp_path / "rejects.csv"
    person = {"external_contact_id": "EXT-1", "name": "Anna\ufffd", "sms": "+15551234567"}
    with RejectsFile(path) as rejects:
        rejects.add(reject_of(person | cells))

    assert [row.contact for row in open_source(path).rows()] == [None]


def test_columns_that_come_late_stand_before_ours(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path, ["name"]) as rejects:
        rejects.add(reject_of({"name": "Anna"}))
        rejects.add(reject_of({"name": "Carl", "sms": "0171"}))

    with path.open(newline="") as file:
        first, second = csv.DictReader(file)
    assert list(first) == ["name", "sms", "line", "code", "reason", "retryable"]
    assert (first["sms"], second["sms"]) == ("", "0171")


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "rejects.csv") as rejects:
        rejects.add(reject_of({"name": "Anna"}))

    assert stat.S_IMODE((tmp_path / "rejects.csv").stat().st_mode) == 0o600


def test_a_symbolic_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "rejects.csv").symlink_to(target)

    with RejectsFile(tmp_path / "rejects.csv") as rejects:
        rejects.add(reject_of({"name": "Anna"}))

    assert target.read_text() == "precious"
    assert not (tmp_path / "rejects.csv").is_symlink()


def test_a_run_that_breaks_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("old")

    def break_down() -> None:
        with RejectsFile(path) as rejects:
            rejects.add(reject_of({"name": "Anna"}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_down()

    assert [found.name for found in tmp_path.iterdir()] == ["rejects.csv"]
    assert path.read_text() == "old"


def test_without_a_reject_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("of an earlier run")

    with RejectsFile(path):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        RejectsFile(tmp_path / "none" / "contacts.csv").__enter__()


@pytest.mark.parametrize("separator", [";", "|", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("formula", ["=1+1", " =1+1", '"=1+1', "+1", "-1", "@sum(a)", "'=1", "\uff1d1"])
def test_no_list_separator_makes_a_formula_of_a_cells_second_half(separator: str, formula: str) -> None:
    cell = f"Hello{separator}{formula}{separator}{formula}"

    written = disarm(cell)

    for half in written.split(separator)[1:]:
        assert half.lstrip(' "')[:1] == "'"
    assert restore(written) == cell


@given(st.text(alphabet="a=+-@'\"; |\t\r\n\u00a0", max_size=12))
def test_whatever_stands_within_a_cell_is_read_back(cell: str) -> None:
    assert restore(disarm(cell)) == cell


def test_rows_that_each_name_other_columns_cost_no_more_than_they_hold(tmp_path: Path) -> None:
    rows = 2000
    with PrivateCsv(tmp_path / "x.csv", ["name"], ["code"]) as file:
        for number in range(rows):
            file.write({f"key {number}": "x", "name": "Ann", "sms": f"{number}", "code": "c"})

    assert (tmp_path / "x.csv").stat().st_size < 150 * rows
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines))
    assert [row["sms"] for row in read] == [str(number) for number in range(rows)]
    assert json.loads(read[-1]["other columns"]) == {f"key {rows - 1}": "x"}
    assert list(read[0])[-1] == "code"


def test_what_finds_no_column_of_its_own_is_never_in_one_of_ours_that_comes_later(tmp_path: Path) -> None:
    with PrivateCsv(tmp_path / "x.csv", ["name"], ["code"]) as file:
        for number in range(2 * MOST_LATE):
            file.write({f"note {number}": "yes", "name": "Ann", "code": "c"})
        file.write({"consent.sms": "no", "name": "Bob", "code": "c"})

    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines, restkey="too many", restval="too few"))
    assert [row["consent.sms"] for row in read] == [""] * 2 * MOST_LATE + ["no"]
    assert not any("too many" in row or "too few" in row.values() for row in read)
