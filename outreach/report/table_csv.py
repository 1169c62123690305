"""A table of the report as CSV: a link that holds the file, so that a forwarded report has it too."""

import csv
import io
import re
from urllib.parse import quote

from outreach.report.tables import Table
from outreach.sources.formulas import disarm

_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?\Z")


def write_csv(table: Table) -> str:
    """The table's text; numbers without their commas, and nothing that a spreadsheet would run."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(table.headers)
    rows.writerows([_cell(cell) for cell in row] for row in table.rows)
    return file.getvalue()


def as_address(table: Table) -> str:
    """A `data:` address with the file."""
    # The mark: without it Excel takes UTF-8 for something else.
    return f"data:text/csv;charset=utf-8,{quote(chr(0xFEFF) + write_csv(table))}"


def name_file(campaign: str, table: Table) -> str:
    """Under which name a browser saves it."""
    words = re.findall(r"[A-Za-z0-9]+", f"{campaign} {table.title.partition(',')[0]}")
    return f"{'-'.join(words).lower()[:80]}.csv"


def _cell(cell: str) -> str:
    return cell.replace(",", "") if _THOUSANDS.match(cell) else disarm(cell)
