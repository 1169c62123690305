"""Encodings, archives, links and documents as people have them."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import socket
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from outreach.errors import SourceError
from outreach.sources import Row, Source, open_source
from outreach.sources.choices import Choices
from outreach.sources.reference import parse_reference
from tests.support.workbooks import SheetXml, write_workbook

HEADER = "external_contact_id,name,sms\n"
CSV = HEADER + "F-1,Jürgen Öz,+491715550101\nF-2,Zoë Łęcka,+491715550102\n"
PEOPLE = ["Jürgen Öz", "Zoë Łęcka"]


def read(reference: str | Path, country: str = "", **choices: object) -> tuple[list[Row], Source]:
    source = open_source(reference, country=country, choices=Choices(**choices))  # type: ignore[arg-type]  # as a test names them
    return list(source.rows()), source


def names(reference: str | Path, **choices: object) -> list[str]:
    return [row.contact.name for row in read(reference, **choices)[0] if row.contact]  # type: ignore[arg-type]  # as a test names them


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_is_read_with_its_mark_and_without(path: Path, encoding: str) -> None:
    path.write_bytes(CSV.encode(encoding))

    assert names(path) == PEOPLE


def test_a_code_page_is_the_one_that_is_named(path: Path) -> None:
    path.write_bytes(CSV.encode("cp1250", "ignore"))

    assert names(path, encoding="windows-1250")[0] == "Jürgen Öz"
    with pytest.raises(SourceError, match="no encoding of text"):
        read(path, encoding="base64")


@pytest.mark.parametrize(
    ("country", "page", "name"),
    [("DE", "cp1252", "Jürgen"), ("pl", "cp1250", "Łęcka"), ("RU", "cp1251", "Иван")],
)
def test_a_code_page_is_the_countrys_and_said(path: Path, country: str, page: str, name: str) -> None:
    path.write_bytes(f"{HEADER}F-1,{name},+491715550101\n".encode(page))

    rows, source = read(path, country=country)

    assert [row.contact and row.contact.name for row in rows] == [name]
    assert source.assumed_encoding == page
    assert "by the country" in source.notes[0]


def test_without_a_country_only_what_is_plain_is_read(path: Path) -> None:
    path.write_bytes(f"{HEADER}F-1,Jürgen,+491715550101\nF-2,Anna,+491715550102\n".encode("cp1252"))

    rows, source = read(path)

    assert [row.reject and row.reject.code for row in rows] == ["not_utf8", None]
    assert "--encoding" in source.notes[0]


def test_a_bad_byte_among_good_ones_is_a_fault_of_its_line(path: Path) -> None:
    path.write_bytes(CSV.encode() + b"F-3,Jos\xe9,+491715550103\n")

    rows, source = read(path, country="DE")

    assert [row.reject and row.reject.code for row in rows] == [None, None, "not_utf8"]
    assert source.assumed_encoding == ""


def test_a_space_before_a_quote_is_no_part_of_the_cell(path: Path) -> None:
    path.write_text('"external_contact_id", "name", "sms"\nS-1, "Weber, Bruno", "+491715550161"\n')

    assert names(path) == ["Weber, Bruno"]


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "two gzips": lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "xz with padding": lambda data: (
        lzma.compress(data[:40]) + b"\0" * 8 + lzma.compress(data[40:]) + b"\0" * 4
    ),
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data)),
    "nothing": bytes,
}


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz", "list.csv.xz"])
def test_a_packed_list_is_told_by_its_first_bytes(tmp_path: Path, how: str, name: str) -> None:
    (tmp_path / name).write_bytes(PACKED[how](CSV.encode()))

    assert names(tmp_path / name) == PEOPLE


def test_zstd_is_read_or_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.csv.zst"
    path.write_bytes(zstd(CSV.encode()[:40]) + zstd(CSV.encode()[40:]))

    assert names(path) == PEOPLE
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(SourceError, match=r"genesys-outreach\[zstd\]"):
        read(path)


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").compress(data))


PACKS = [gzip.compress, bz2.compress, lzma.compress, zstd]


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("before", [b"", CSV.encode()], ids=["one part", "the second of two parts"])
def test_a_packed_list_that_is_cut_off_says_so(
    path: Path, pack: Callable[[bytes], bytes], before: bytes
) -> None:
    people = "".join(f"F-{number},Anna {number**7},+4917155{number:05}\n" for number in range(20000))
    packed = pack((HEADER + people).encode())
    path.write_bytes((pack(before) if before else b"") + packed[: len(packed) // 2])

    with pytest.raises(SourceError, match="damaged or cut off"):
        read(path)


@pytest.mark.parametrize("pack", PACKS[:3])
def test_a_packed_list_of_which_a_part_is_damaged_says_so(path: Path, pack: Callable[[bytes], bytes]) -> None:
    path.write_bytes(pack(CSV.encode()) + b"X" + pack(CSV.encode()))

    with pytest.raises(SourceError, match="damaged or cut off"):
        read(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_list_may_come_through_a_pipe(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    pipe = tmp_path / "list.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[pack(CSV.encode())])
    writer.start()

    assert names(pipe) == PEOPLE
    writer.join()


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._list.csv", "\0\5\x16")
        archive.writestr(".DS_Store", "x")
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return path


def test_a_zip_with_one_list_is_that_list(tmp_path: Path) -> None:
    assert names(zipped(tmp_path / "list.zip", folder_csv=CSV)) == PEOPLE
    assert names(zipped(tmp_path / "list.csv", list_csv=CSV)) == PEOPLE


def test_a_zip_with_three_lists_is_a_question(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", cleaned_csv=CSV, subscribed_csv=CSV, unsubscribed_csv=CSV)

    with pytest.raises(SourceError, match=r"holds 3 files: cleaned\.csv, subscribed\.csv, unsubscribed\.csv"):
        read(path)
    assert names(f"zip://subscribed.csv::file://{path}") == PEOPLE


def test_a_workbook_in_a_zip_is_read(tmp_path: Path) -> None:
    book = write_workbook(
        tmp_path / "list.xlsx",
        {"List": SheetXml([["external_contact_id", "name", "sms"], ["F-1", "Anna", "+491715550101"]])},
    )
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.write(book, "list.xlsx")
    (tmp_path / "list.xlsx.gz").write_bytes(gzip.compress(book.read_bytes()))

    assert names(tmp_path / "list.zip") == names(tmp_path / "list.xlsx.gz") == ["Anna"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        ("\ufeff \n<html>".encode("utf-16"), "web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
    ],
)
def test_what_is_no_list_is_refused_by_its_first_bytes(path: Path, content: bytes, says: str) -> None:
    path.write_bytes(content)

    with pytest.raises(SourceError, match=says):
        read(path)


@contextmanager
def server(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Answers every GET so, without a length, as a CRM's export does; a link to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()


def test_a_link_without_an_ending_needs_its_format_only_where_the_bytes_do_not_tell(tmp_path: Path) -> None:
    book = write_workbook(
        tmp_path / "l.xlsx",
        {"List": SheetXml([["external_contact_id", "name", "sms"], ["F-1", "Anna", "+491715550101"]])},
    )
    with server(200, CSV.encode()) as url:
        with pytest.raises(SourceError, match=r"has no ending.*--format"):
            read(f"{url}/export?id=7")
        assert names(f"{url}/export?id=7", format="csv") == PEOPLE
        with pytest.raises(SourceError, match="no format of lists"):
            read(f"{url}/export", format="doc")
    with server(200, book.read_bytes()) as url:
        assert names(f"{url}/export") == ["Anna"]


def test_parquet_from_a_server_without_a_length_is_read(tmp_path: Path) -> None:
    lib, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        lib.table({"external_contact_id": ["F-1"], "name": ["Anna"], "sms": ["+491715550101"]}),
        tmp_path / "l",
    )

    with server(200, (tmp_path / "l").read_bytes()) as url:
        assert names(f"{url}/export") == ["Anna"]


def test_an_answer_that_is_compressed_unasked_is_read() -> None:
    with server(200, gzip.compress(CSV.encode()), Content_Encoding="gzip") as url:
        assert names(f"{url}/list.csv") == PEOPLE


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (202, "not ready yet"),
        (206, "only a part"),
        (401, "wants a login"),
        (403, "refuses access"),
        (404, "does not exist"),
        (429, "asked too often"),
        (503, "fails there"),
    ],
)
def test_what_a_server_answers_is_told_apart(status: int, says: str) -> None:
    with server(status, b"<html>") as url, pytest.raises(SourceError, match=rf"{says}.*\({status}\)"):
        read(f"{url}/list.csv?list=hidden")


@pytest.mark.parametrize(
    "beside",
    [
        {"paging": {"next": {"after": "100", "link": "https://crm.example/x"}}},
        {"totalSize": 5000, "done": False, "nextRecordsUrl": "/services/data/query/01g-2000"},
        {"@odata.nextLink": "https://crm.example/x"},
        {"count": 250, "next_page": "https://crm.example/x", "previous_page": None},
        {"info": {"page": 1, "more_records": True}},
        {"additional_data": {"pagination": {"more_items_in_collection": True, "next_start": 100}}},
        {"pageNumber": 1, "nextUri": "/api/v2/x"},
        {"startIndex": 1, "itemsPerPage": 1, "totalResults": 500},
        {"meta": {"total": 500}},
        {"meta": {"people": {"total": 500}}},
        {"result_info": {"page": 1, "total_count": 500}},
        {"answer": {"total": 500, "limit": 1, "offset": 0}},
    ],
)
def test_the_first_page_of_an_api_is_no_list(tmp_path: Path, beside: dict[str, object]) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps({"items": [{"id": "F-1", "name": "Anna", "sms": "+491715550101"}], **beside}))

    with pytest.raises(SourceError, match="is one page of several"):
        read(str(path))


@pytest.mark.parametrize(
    "beside",
    [
        {"next": None, "total": 1},
        {"has_more": False, "next_page": ""},
        {"done": True, "total": "7"},
        {"_links": {"self": {"href": "https://crm.example/x"}, "next": {"href": None}}},
        {"paging": {"next": {}}},
        {"next_offset": -1},
        {"next_cursor": "0"},
        {"usage": {"total": 5000, "left": 20}},
        {"account": {"plan": "basic", "totalContacts": 900, "started": "2026-01-01"}},
        {"meta": {"total": 1}, "statistics": {"sent": {"total": 7}}},
    ],
)
def test_the_only_page_of_an_api_is_a_list(tmp_path: Path, beside: dict[str, object]) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps({"items": [{"id": "F-1", "name": "Anna", "sms": "+491715550101"}], **beside}))

    assert names(str(path)) == ["Anna"]


def test_an_answer_that_links_to_its_next_page_is_no_list() -> None:
    following = '<https://crm.example/x?page=2>; rel="next"'
    with server(200, CSV.encode(), Link=following) as url, pytest.raises(SourceError, match="one page of"):
        read(f"{url}/list.csv")


@pytest.mark.parametrize("ending", ["list.csv", "list.xlsx", "list.csv.gz"])
def test_a_list_whose_download_breaks_off_is_never_a_shorter_list(ending: str) -> None:
    announced = {"Content_Length": str(10 * len(CSV))}
    with server(200, CSV.encode(), **announced) as url, pytest.raises(SourceError, match="broke off"):
        read(f"{url}/{ending}")


def test_a_compressed_answer_that_ends_too_early_is_never_a_shorter_list() -> None:
    packed = gzip.compress("".join(f"{number},{CSV}" for number in range(2000)).encode())
    with (
        server(200, packed[: len(packed) // 2], Content_Encoding="gzip") as url,
        pytest.raises(SourceError, match="cut off"),
    ):
        read(f"{url}/list.csv")


def test_a_server_that_is_not_there_is_said_without_the_links_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LIST_URL", f"http://127.0.0.1:{free.getsockname()[1]}/list.csv?token=hidden")
        with pytest.raises(SourceError, match=r"^\$\{LIST_URL\} cannot be reached"):
            read("${LIST_URL}")


def test_a_link_may_be_a_variable_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(200, CSV.encode()) as url:
        monkeypatch.setenv("LIST_URL", f"{url}/list.csv?token=hidden")
        assert names("${LIST_URL}") == PEOPLE


SHEET = "https://docs.google.com/spreadsheets/d"


@pytest.mark.parametrize(
    ("pasted", "read_from"),
    [
        (f"{SHEET}/1AbC-d_2/edit#gid=77", f"{SHEET}/1AbC-d_2/export?format=csv&gid=77"),
        (f"{SHEET}/1AbC-d_2/edit?gid=77#gid=77", f"{SHEET}/1AbC-d_2/export?format=csv&gid=77"),
        (f"{SHEET}/1AbC-d_2/edit?usp=sharing", f"{SHEET}/1AbC-d_2/export?format=csv"),
        (f"{SHEET}/1AbC-d_2", f"{SHEET}/1AbC-d_2/export?format=csv"),
        (f"{SHEET}/e/2PACX-1x/pubhtml?gid=5&single=true", f"{SHEET}/e/2PACX-1x/pub?output=csv&gid=5"),
        (f"{SHEET}/1AbC-d_2/export?format=csv&gid=3", f"{SHEET}/1AbC-d_2/export?format=csv&gid=3"),
    ],
)
def test_a_link_to_a_google_sheet_leads_to_its_rows(pasted: str, read_from: str) -> None:
    found = parse_reference(pasted)

    assert (found.url, getattr(found, "name", "")) == (read_from, "sheet.csv")


def test_labelled_values_are_cells_of_their_own_in_order() -> None:
    (row,) = read_list([{
        "external_contact_id": "N-1",
        "name": "Tara",
        "emails": [{"label": "work", "value": "a@example.com"}, {"value": "b@example.com"}],
        "sms": "+353861234567",
    }])  # fmt: skip

    cells = {header: cell for header, cell in row.raw.items() if header.startswith("emails")}
    assert cells == {"emails": "a@example.com", "emails label": "work", "emails 2": "b@example.com"}


def read_list(rows: list[dict[str, object]]) -> list[Row]:
    return list(open_source(rows).rows())


ONE = '{"external_contact_id":"N-1","name":"A","sms":"+491715550101",'


@pytest.mark.parametrize(
    "line",
    [
        ONE + '"consent":{"sms":false},"consent" : {"sms":true}}',
        ONE + '"opt out":"yes","opt out":"no"}',
        ONE + '"metadata":{"x":"1","x":"2"}}',
    ],
)
def test_a_name_given_twice_in_an_object_is_a_reject(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(
        line + "\n" + json.dumps({"external_contact_id": "N-2", "name": 'B": "x', "sms": "+491715550102"})
    )

    assert [row.reject and row.reject.code for row in read(path)[0]] == ["duplicate_columns", None]


def test_long_numbers_keep_their_digits_or_are_not_known(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    person = '{"external_contact_id":%s,"name":"A","sms":"+491715550101","metadata":{"x":%s}}\n'
    path.write_text(
        person % ("98765432109876543210", "1")
        + person % ("9007199254740992.0", "1")
        + person % ("7", "1e300")
    )

    whole, lost, metadata = read(path)[0]

    assert whole.contact
    assert whole.contact.external_contact_id == "98765432109876543210"
    assert lost.reject
    assert metadata.reject


def test_lists_in_metadata_are_one_text_from_everywhere(tmp_path: Path) -> None:
    lib, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    person: dict[str, object] = {"external_contact_id": "F-1", "name": "Anna", "sms": "+491715550101"}
    table = lib.table({**{name: [value] for name, value in person.items()}, "metadata.tags": [["a", "ü"]]})
    parquet.write_table(table, tmp_path / "l.parquet")
    (tmp_path / "l.jsonl").write_text(json.dumps({**person, "metadata": {"tags": ["a", "ü"]}}))

    found = [
        row.contact and row.contact.metadata
        for name in ("l.parquet", "l.jsonl")
        for row in read(tmp_path / name)[0]
    ]

    assert found == [{"tags": '["a","ü"]'}] * 2
