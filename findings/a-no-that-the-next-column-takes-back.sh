#!/usr/bin/env bash
# A "stop" is taken back by a column that says nothing
#
# Packages:  dlt 1.31.0
# Does:      loads three people. The list has two columns for one question, as two systems wrote it: "Opt-out" and
#            "opt_out". They disagree, or the later one is empty.
# Expected:  two columns, or an error, or at least a word. dlt gives columns names of one style, by which both are
#            opt_out, and of each row it keeps what comes last in it: "yes" becomes "no", or nothing, without a word,
#            and the load has no failed jobs.
# It hurts:  people whose "stop" is in the list are contacted, and the row that said so is nowhere in what was loaded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" dlt==1.31.0
cd "$folder"
export DLT_DATA_DIR="$folder/home" RUNTIME__DLTHUB_TELEMETRY=false RUNTIME__LOG_LEVEL=WARNING
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import gzip
import json
from pathlib import Path

import dlt

people = [
    {"id": "C-1", "Opt-out": "yes", "opt_out": "no"},
    {"id": "C-2", "Opt-out": "yes", "opt_out": None},
    {"id": "C-3", "opt_out": "no", "Opt-out": "yes"},
]
files = dlt.destinations.filesystem(bucket_url=Path("loaded").absolute().as_uri())
pipeline = dlt.pipeline("people", destination=files, dataset_name="crm", pipelines_dir="pipelines")
info = pipeline.run(people, table_name="people", loader_file_format="jsonl")
assert not info.has_failed_jobs
loaded = {}
for file in Path("loaded/crm/people").iterdir():
    data = file.read_bytes()
    text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    loaded.update({row["id"]: row.get("opt_out") for row in map(json.loads, text.splitlines())})
columns = [name for name in pipeline.default_schema.get_table_columns("people") if not name.startswith("_dlt")]
print("columns:", columns)
for person in people:
    print(person, "is loaded as", loaded[person["id"]])
assert columns == ["id", "opt_out"], "the behaviour has changed"
assert loaded == {"C-1": "no", "C-2": None, "C-3": "yes"}, "the behaviour has changed"
PYTHON
