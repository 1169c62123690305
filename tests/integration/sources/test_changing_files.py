"""Lists that are written while they are read: nobody is contacted by half a list, or by halves of two."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import fsspec
import pytest
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from outreach.errors import SourceError
from outreach.sources import Row, open_source

PIECE = 1 << 16


def a_list(mark: str, people: int = 100) -> bytes:
    rows = (f"{mark}-{number},Ann,+131755501{number:02},{'x' * 50_000}\n" for number in range(people))
    return ("external_contact_id,name,sms,metadata.note\n" + "".join(rows)).encode()


class Piece(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """An object that is fetched piece by piece, as each is when it is asked for."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        piece = Bucket.objects[self.path][1][start:end]
        Bucket.after_a_piece()
        return piece


class Bucket(AbstractFileSystem):  # type: ignore[misc]  # as above
    """A bucket in memory, with the state of one: versions, and folders that can be opened."""

    protocol = "bucket"
    objects: ClassVar[dict[str, tuple[int, bytes]]] = {}
    after_a_piece: ClassVar[Callable[[], None]] = staticmethod(lambda: None)

    @classmethod
    def put(cls, path: str, content: bytes) -> None:
        cls.objects[path] = (cls.objects.get(path, (0, b""))[0] + 1, content)

    def info(self, path: str, **_: object) -> dict[str, object]:
        path = str(self._strip_protocol(path))
        if path in self.objects:
            generation, content = self.objects[path]
            return {"name": path, "type": "file", "size": len(content), "generation": generation}
        if any(each.startswith(f"{path}/") for each in self.objects):
            return {"name": path, "type": "directory", "size": 0}
        raise FileNotFoundError(path)

    def _open(self, path: str, mode: str = "rb", **_: object) -> Piece:
        return Piece(self, path, mode, block_size=PIECE, size=self.info(path)["size"])


@pytest.fixture(autouse=True)
def bucket() -> Iterator[type[Bucket]]:
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    yield Bucket
    Bucket.objects.clear()
    Bucket.after_a_piece = staticmethod(lambda: None)


def rows_of(reference: str | Path) -> Iterator[Row]:
    return open_source(reference).rows()


def test_a_list_in_a_bucket_is_read(bucket: type[Bucket]) -> None:
    bucket.put("crm/list.csv", a_list("A"))

    assert [row.external_contact_id for row in rows_of("bucket://crm/list.csv")][-1] == "A-99"


@pytest.mark.parametrize("people", [100, 150, 2], ids=["of the same size", "longer", "shorter"])
def test_an_object_that_is_written_anew_while_it_is_read_gives_no_row(
    bucket: type[Bucket], people: int
) -> None:
    bucket.put("crm/list.csv", a_list("A"))
    bucket.after_a_piece = staticmethod(lambda: bucket.put("crm/list.csv", a_list("B", people)))

    with pytest.raises(SourceError, match="changed while it was read"):
        next(rows_of("bucket://crm/list.csv"))


def test_an_object_that_vanishes_while_it_is_read_gives_no_row(bucket: type[Bucket]) -> None:
    bucket.put("crm/list.csv", a_list("A"))
    bucket.after_a_piece = bucket.objects.clear

    with pytest.raises(SourceError, match="does not exist"):
        next(rows_of("bucket://crm/list.csv"))


def test_a_full_disk_is_one_clear_sentence(bucket: type[Bucket]) -> None:
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bucket.put("crm/list.csv", a_list("A"))
    bucket.after_a_piece = staticmethod(fill)

    with pytest.raises(SourceError, match=r"no room for bucket://crm/list.csv in .*set TMPDIR"):
        next(rows_of("bucket://crm/list.csv"))


@pytest.mark.parametrize("name", ["parts.csv", "parts.parquet", "parts"])
def test_a_folder_of_a_bucket_is_called_one(bucket: type[Bucket], name: str) -> None:
    bucket.put(f"crm/{name}/part-0000.csv", a_list("A", 1))
    bucket.put(f"crm/{name}/_SUCCESS", b"")

    with pytest.raises(SourceError, match=r"is a folder. Name one file in it"):
        next(rows_of(f"bucket://crm/{name}"))


@pytest.mark.parametrize("how", ["w", "a"], ids=["written over", "grown"])
def test_a_file_that_is_written_while_it_is_read_is_no_list(tmp_path: Path, how: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(a_list("A"))
    rows = rows_of(path)
    found = [next(rows)]
    with path.open(f"{how}b") as file:
        file.write(a_list("B", 1))

    with pytest.raises(SourceError, match="changed while it was read"):
        found.extend(rows)

    assert {row.external_contact_id[0] for row in found} == {"A"}


def test_a_file_that_another_takes_the_place_of_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(a_list("A"))
    rows = rows_of(path)
    found = [next(rows)]
    (tmp_path / "new.csv").write_bytes(a_list("B"))
    (tmp_path / "new.csv").replace(path)
    found.extend(rows)

    assert {row.external_contact_id[0] for row in found} == {"A"}
    assert len(found) == 100
