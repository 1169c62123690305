"""Files of an absurd size are read in bounds or refused."""

from __future__ import annotations

import csv
import gzip
import zipfile
from pathlib import Path

import pytest

from outreach.errors import SourceError
from tests.support.source_rows import codes, rows_of

HEADER = "external_contact_id,name,sms\n"
GOOD = "EXT-1,Anna,+15551234567\n"


def test_another_librarys_field_limit_makes_no_difference(tmp_path: Path) -> None:
    long_rows = ("EXT-2,Anna,+15551234567," + "x" * 900_000 + "\n") * 20
    path = tmp_path / "contacts.csv"
    path.write_text(HEADER + 'EXT-1,"never closed,+15551234567\n' + long_rows)
    before = csv.field_size_limit(1 << 40)
    try:
        rows = rows_of(path)
    finally:
        csv.field_size_limit(before)

    assert codes(rows) == ["broken_quotes"] + ["too_many_cells"] * 20


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_an_archive_that_grows_absurdly_is_refused(tmp_path: Path, kind: str) -> None:
    content = (HEADER + GOOD).encode() + b"x" * (20 << 20)
    if kind == "gz":
        reference = str(tmp_path / "contacts.csv.gz")
        Path(reference).write_bytes(gzip.compress(content))
    else:
        reference = f"zip://contacts.csv::file://{tmp_path}/export.zip"
        with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("contacts.csv", content)

    with pytest.raises(SourceError, match="grows more than 200 times"):
        rows_of(reference)
