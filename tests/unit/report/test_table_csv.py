from __future__ import annotations

import csv
import io
from urllib.parse import unquote

from outreach.report.table_csv import as_address, name_file, write_csv
from outreach.report.tables import Table

TABLE = Table(
    "Outcomes, all of them",
    ("Outcome", "Why", "Count"),
    (("failed", '=1+1, "x"\n', "12,345"), ("ü", "-", "7")),
)


def test_a_number_is_one_and_a_formula_is_none() -> None:
    rows = list(csv.reader(io.StringIO(write_csv(TABLE))))

    assert rows == [["Outcome", "Why", "Count"], ["failed", '\'=1+1, "x"\n', "12345"], ["ü", "'-", "7"]]


def test_the_address_holds_the_whole_file_with_its_mark() -> None:
    kind, _, content = as_address(TABLE).partition(",")

    assert kind == "data:text/csv;charset=utf-8"
    assert unquote(content) == "\ufeff" + write_csv(TABLE)
    assert content.isascii()


def test_the_files_name_is_one_anywhere() -> None:
    assert name_file("Spring/../<b> 2026", TABLE) == "spring-b-2026-outcomes.csv"
