#!/usr/bin/env bash
# One filter over two engines disagrees about whoever said nothing
#
# Packages:  narwhals 2.29.0 over pandas 3.1.1, polars 2.1.0 and pyarrow 26.0.1
# Does:      asks one list by the same lines for whoever did not say no, in three spellings; one cell is empty.
# Expected:  the same people, whatever the frame is made of, which is what narwhals is for. Over pandas an empty cell is
#            "not no", and its person is there; over polars and pyarrow it is neither, and they are not.
# It hurts:  what was tried out over polars contacts everybody without a word of consent once somebody gives it a frame
#            of pandas; the other way round, whoever never answered is left out of a reminder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  narwhals==2.29.0 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 python-dateutil==2.9.0.post0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import narwhals as nw
import pandas
import polars
import pyarrow

people = {"id": [1, 2, 3], "consent": ["yes", None, "no"]}
consent = nw.col("consent")
spellings = {"!=": consent != "no", "~ ==": ~(consent == "no"), "~ is_in": ~consent.is_in(["no"])}
stated = {"pandas": [1, 2], "polars": [1], "pyarrow": [1]}
for engine, frame in (("pandas", pandas.DataFrame), ("polars", polars.DataFrame), ("pyarrow", pyarrow.table)):
    everybody = nw.from_native(frame(people))
    for spelling, did_not_say_no in spellings.items():
        found = everybody.filter(did_not_say_no)["id"].to_list()
        print(f"{engine}, by {spelling}: {found}")
        assert found == stated[engine], "the behaviour has changed"
PYTHON
