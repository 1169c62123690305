"""JSONL, Parquet, lists, references, and files elsewhere."""

from __future__ import annotations

import bz2
import gzip
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from outreach.errors import SourceError
from outreach.sources import open_source
from tests.support.source_rows import codes, rows_of

CSV = "external_contact_id,name,sms\nEXT-1,Anna,+15551234567\n"
NESTED = {
    "externalContactId": "EXT-1",
    "name": "Anna",
    "channels": {"sms": "+15551234567", "email": None},
    "interactionDurationSeconds": 600,
    "consent": {"sms": {"given": True, "source": "form", "on": "2026-01-31"}, "email": False},
    "metadata": {"region": "eu", "Tier": 1},
    "tags": ["vip"],
}
FLAT = {
    "external_contact_id": "EXT-1",
    "name": "Anna",
    "sms": "+15551234567",
    "interaction_duration_seconds": "600",
    "consent.sms": "yes",
    "consent.sms.source": "form",
    "consent.sms.date": "2026-01-31",
    "consent.email": "no",
    "metadata.region": "eu",
    "metadata.Tier": "1",
}


def test_nested_and_flat_objects_are_the_same_contact(tmp_path: Path) -> None:
    path = tmp_path / "contacts.jsonl"
    path.write_text(json.dumps(NESTED) + "\n\n" + json.dumps(FLAT) + "\n")

    nested, flat = rows_of(path)

    assert nested.contact
    assert nested.contact == flat.contact
    assert (nested.line, flat.line) == (1, 3)


def test_a_list_of_mappings_is_a_source() -> None:
    (row,) = rows_of([NESTED])

    assert row.line == 1
    assert row.contact == rows_of([FLAT])[0].contact


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{not json", "not_json"),
        (b'{"name": "\xff"}', "not_json"),
        (b'["EXT-1"]', "not_an_object"),
        (b"42", "not_an_object"),
        (b'{"name": "Anna"}', "missing_id"),
        (b'{"sms": "+15551234567", "channels": {"sms": "+15551234568"}}', "duplicate_columns"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "not_json"),
        (b'{"name": "' + b"x" * 20_000_000 + b'"}', "too_long"),
        (json.dumps({f"k{number}": number for number in range(2000)}).encode(), "too_many_cells"),
    ],
)
def test_a_bad_line_is_a_named_reject_and_its_neighbours_are_contacts(
    tmp_path: Path, line: bytes, code: str
) -> None:
    path = tmp_path / "contacts.jsonl"
    good = json.dumps(FLAT).encode()
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\n" + line + b"\n" + good)

    rows = rows_of(path)

    assert codes(rows) == [None, code, None]
    assert rows[1].line == 2


@pytest.mark.parametrize("document", [[FLAT], {"page": 1, "entities": [FLAT]}, FLAT])
def test_a_json_document_is_read_wherever_its_list_lies(tmp_path: Path, document: object) -> None:
    path = tmp_path / "contacts.json"
    path.write_text(json.dumps(document, indent=1))

    (row,) = rows_of(path)

    assert row.contact == rows_of([FLAT])[0].contact


def test_a_json_document_of_two_lists_is_a_question(tmp_path: Path) -> None:
    path = tmp_path / "contacts.json"
    path.write_text(json.dumps({"members": [FLAT], "unsubscribed": [FLAT]}))

    with pytest.raises(SourceError, match="holds 2 lists"):
        rows_of(path)


def test_objects_a_line_may_be_called_json(tmp_path: Path) -> None:
    path = tmp_path / "contacts.json"
    path.write_text(json.dumps(FLAT) + "\n" + json.dumps(FLAT))

    assert codes(rows_of(path)) == [None, None]


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "contacts.parquet").write_bytes(b"PAR1")

    with pytest.raises(SourceError, match=r"pip install 'genesys-outreach\[parquet\]'"):
        rows_of(tmp_path / "contacts.parquet")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_PASSWORD", raising=False)

    with pytest.raises(SourceError, match="CRM_PASSWORD, which is not set"):
        open_source("postgresql://reader:${CRM_PASSWORD}@localhost/crm#SELECT 1")


@pytest.mark.parametrize(
    "reference",
    [
        "postgresql://reader:hunter2@localhost/crm#SELECT 1",
        "postgresql://reader:${A}hunter2@localhost/crm#SELECT 1",
        "postgresql://localhost/crm?user=reader&password=hunter2#SELECT 1",
        "sftp://reader:hunter2@files.example.com/contacts.csv",
        "s3://AKIA:hunter2@bucket/contacts.csv",
        "zip://contacts.csv::ftp://reader:hunter2@files.example.com/x.zip",
        "https://files.example.com/contacts.csv?X-Amz-Signature=hunter2",
        "https://files.example.com/contacts.csv?api_key=hunter2",
    ],
)
def test_a_password_in_clear_is_refused_and_not_repeated(reference: str) -> None:
    with pytest.raises(SourceError, match="password or key in clear") as error:
        open_source(reference)

    assert "hunter2" not in str(error.value)
    assert "reader" not in str(error.value)


@pytest.fixture
def in_memory() -> Iterator[str]:
    with fsspec.open("memory://outreach/contacts.csv", "wb") as file:
        file.write(CSV.encode())
    yield "memory://outreach/contacts.csv"
    fsspec.filesystem("memory").rm("/outreach", recursive=True)


def test_any_fsspec_url_is_a_source(in_memory: str) -> None:
    assert codes(rows_of(in_memory)) == [None]


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_read(tmp_path: Path, suffix: str, compress: object) -> None:
    path = tmp_path / f"contacts.csv{suffix}"
    path.write_bytes(compress(CSV.encode()))  # type: ignore[operator]  # both are functions

    assert codes(rows_of(path)) == [None]
    assert codes(rows_of(f"file://{path}")) == [None]


def test_a_file_in_an_archive_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("contacts.csv", CSV)

    assert codes(rows_of(f"zip://contacts.csv::file://{tmp_path}/export.zip")) == [None]


def test_a_damaged_archive_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 1000)[:-20])

    with pytest.raises(SourceError, match="damaged or cut off"):
        rows_of(path)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("", "The source is empty"),
        ("missing.csv", "missing.csv does not exist"),
        ("file:///nowhere/missing.csv", "does not exist"),
        ("contacts.xlsx", "contacts.xlsx does not exist"),
        ("contacts.json", "contacts.json does not exist"),
        ("contacts.cvs", "Is it .csv"),
        ("contacts", "has no ending"),
        ("nonsense://contacts.csv", "Protocol not known"),
        ("postgresql://localhost/crm", "has no query"),
        ("mysql://localhost/crm#SELECT 1", "driver that is missing"),
        ("nodb+x://localhost/crm#SELECT 1", "driver that is missing"),
    ],
)
def test_a_bad_reference_is_one_clear_sentence(
    reference: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SourceError, match=says):
        rows_of(reference)


def test_a_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()

    for reference in (tmp_path, tmp_path / "x.csv", f"file://{tmp_path}/x.csv"):
        with pytest.raises(SourceError, match="is a folder"):
            rows_of(reference)


def test_an_empty_list_holds_no_contacts() -> None:
    with pytest.raises(SourceError, match="holds no contacts"):
        rows_of([])
