"""Where contacts come from: files, buckets, queries, lists.

open_source(reference) ─> reader ─> records ─> row parser ─> rows: a contact, or a reject with a reason
  reference.py            csv_file.py          parsing.py    rows.py
                          jsonl_file.py        columns.py
                          parquet_file.py      cells.py phones.py emails.py
                          query.py mappings.py
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outreach.sources.opening import open_source
    from outreach.sources.rows import Reject, Row
    from outreach.sources.source import Source

__all__ = ["Reject", "Row", "Source", "open_source"]

_HOMES = {"Reject": "rows", "Row": "rows", "Source": "source", "open_source": "opening"}


def __getattr__(name: str) -> object:
    # Readers of every format take 0.4 s to import: `proof` and `why` want a file's mode from here, no reader.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
