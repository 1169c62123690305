"""Files, wherever they are: opened by path, as a link, or through fsspec.

Whatever goes wrong on the way becomes a SourceError that says what, where and what to do.
"""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from outreach.errors import SourceError
from outreach.sources import web
from outreach.sources.encodings import LOOKED_AT
from outreach.sources.private_file import digest_of
from outreach.sources.steady_file import SteadyFile, copy_into


@dataclass(frozen=True)
class Location:
    """Where a file is. `url` may hold secrets from the environment, `label` never does."""

    url: str
    label: str
    name: str
    """What it is called there; its ending says what it holds, unless its first bytes say otherwise."""

    def fingerprint(self) -> str:
        """Changes when a local file's bytes or its name do; "" when nobody can tell: it is elsewhere."""
        try:
            # No pipe, whose bytes come only once.
            is_here = "://" not in self.url and Path(self.url).is_file()
            digest = digest_of(Path(self.url)) if is_here else ""
        except OSError:
            return ""
        return f"{self.name}\0{digest}" if digest else ""

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The bytes as they lie there. Raises SourceError."""
        if web.is_web(self.url):
            with web.opened(self.url, self.label) as body:
                yield body
            return
        if Path(self.url).is_file():
            with io.BufferedReader(SteadyFile(self.url, self.label)) as file:
                yield file
            return
        with tempfile.TemporaryFile() as copy:
            if "://" in self.url:
                copy_into(copy, self.url, self.label)
            else:  # a pipe, which cannot be read twice
                with open(self.url, "rb") as file:  # noqa: PTH123 - it is a path as the user wrote it
                    shutil.copyfileobj(file, copy)
                copy.seek(0)
            yield copy


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Makes a SourceError of whatever opening or reading raises. Messages of others are not repeated."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError as e:
        raise _not_found(label, e) from e
    except IsADirectoryError as e:
        raise SourceError(f"{label} is a folder.", "Name one file in it.") from e
    except PermissionError as e:
        raise SourceError(f"{label} may not be read.", "Check its permissions or the credentials.") from e
    except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile) as e:
        raise SourceError(f"{label} is damaged or cut off.", "Copy or export it again.") from e
    except (ImportError, ValueError) as e:
        raise SourceError(f"{label} cannot be opened: {_about_the_filesystem(e)}", "") from e
    except Exception as e:  # each fsspec filesystem raises its own library's errors
        if getattr(e, "errno", None) == errno.ENOSPC:  # it is copied, or unpacked, there
            folder = tempfile.gettempdir()
            raise SourceError(
                f"There is no room for {label} in {folder}.", "Make some, or set TMPDIR."
            ) from e
        raise SourceError(f"{label} failed ({type(e).__name__}).", "Check address and access.") from e


def _not_found(label: str, error: BaseException) -> SourceError:
    """What lies beneath: fsspec says of whatever a server answers that there is no such file."""
    cause: BaseException | None = error
    while cause is not None:
        status = getattr(cause, "status", None)
        if isinstance(status, int) and status not in (404, 410):
            return web.refused(label, status)
        cause = cause.__cause__ or cause.__context__
    return SourceError(f"{label} does not exist.", "Check the path.")


def _about_the_filesystem(error: Exception) -> str:
    """Which package to install, or that the protocol is not known: fsspec says it well."""
    text = str(error)
    if isinstance(error, ImportError) or text.startswith("Protocol not known"):
        return text.splitlines()[0].rstrip(".") + "."
    # All other messages may quote the address, and with it what is secret there.
    return f"its address is not one that fsspec understands ({type(error).__name__})."


def size_of(data: IO[bytes]) -> int:
    """The size of an open file of this machine; 0 of anything else."""
    try:
        return os.fstat(data.fileno()).st_size
    except (OSError, AttributeError):
        return 0


def buffered(data: IO[bytes]) -> io.BufferedReader[Any]:
    """The bytes, of which so many can be looked at as tell the encoding."""
    return io.BufferedReader(cast("io.RawIOBase", data), LOOKED_AT)
