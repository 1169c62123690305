#!/usr/bin/env bash
# Whom nobody may call until 9999 was free to be called from 1816 on
#
# Packages:  fastparquet 2026.9.0, on its own and as an engine of pandas 3.1.1; pyarrow 26.0.1 writes the file
# Does:      writes a list with a column of dates, "not before", and reads it. 31.12.9999 is how databases and CRMs write
#            "never", 1.1.2300 is any day that is far away; both are dates of Parquet and of Python.
# Expected:  the dates that were written, as pyarrow reads them, or an error. fastparquet counts in nanoseconds, of which
#            64 bits end in 2262, and begins again from below: 9999 is 1816, 2300 is 1715. No error, no warning. A time in
#            microseconds, in the same file, is read as it was written.
# It hurts:  "not before" lies in the past now: whoever filters by it contacts exactly the people whom nobody may ever
#            contact, and a consent that never ends has ended.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import datetime as dt
import warnings

import fastparquet
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NEVER, FAR = dt.date(9999, 12, 31), dt.date(2300, 1, 1)
people = pa.table({"who": ["ann", "bob"], "not_before": [NEVER, FAR], "at": pa.array([dt.datetime(9999, 12, 31)] * 2)})
pq.write_table(people, "people.parquet")
assert pq.read_table("people.parquet").to_pylist()[0]["not_before"] == NEVER

with warnings.catch_warnings():
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ResourceWarning)  # a file left open is another matter
    by_itself = fastparquet.ParquetFile("people.parquet").to_pandas()
today = pd.Timestamp("2026-11-29")
for name, read in (
    ("fastparquet", by_itself),
    ("pandas", pd.read_parquet("people.parquet", engine="fastparquet")),
):
    years = [at.year for at in read["not_before"]]
    free = list(read[read["not_before"] <= today]["who"])
    print(f"{name}: the years of 9999 and 2300 are {years}; may be called today: {free}")
    assert years == [1816, 1715], "the behaviour has changed"
    assert free == ["ann", "bob"]
    assert read["at"][0].year == 9999
PYTHON
