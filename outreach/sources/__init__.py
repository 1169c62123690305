"""Where contacts come from: files, buckets, queries, lists.

open_source(reference) ─> reader ─> records ─> row parser ─> rows: a contact, or a reject with a reason
  reference.py            csv_file.py          parsing.py    rows.py
                          jsonl_file.py        columns.py
                          parquet_file.py      cells.py phones.py emails.py
                          query.py mappings.py
"""

from outreach.sources.opening import open_source
from outreach.sources.rows import Reject, Row
from outreach.sources.source import Source

__all__ = ["Reject", "Row", "Source", "open_source"]
