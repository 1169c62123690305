#!/usr/bin/env bash
# Four people whose names have no Latin letters are one person
#
# Packages:  recordlinkage 0.16
# Does:      cleans the names of a list by the library's own clean(), takes pairs of the same clean name and compares
#            them, as its guide does for finding duplicates.
# Expected:  no pair, or names left as they are. clean() drops each letter but a to z, so names in Ukrainian, Greek
#            and Chinese are empty; empty ones fall into one block, and Compare.exact says of each pair that it is the
#            same. Names of four scripts, with nobody's twice, give six pairs. (What is missing, in place of empty, is
#            never the same: compared by missing_value.)
# It hurts:  who takes duplicates out before a campaign leaves one of these people in, and contacts no other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --target "$folder/packages" recordlinkage==0.16
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import pandas
from recordlinkage import Compare, Index
from recordlinkage.preprocessing import clean

people = pandas.DataFrame({"name": ["Олена Шевченко", "Іван Франко", "Γιώργος Σεφέρης", "王小明", "Ada Lovelace"]})
people["clean"] = clean(people["name"])
index = Index()
index.block("clean")
compare = Compare()
compare.exact("clean", "clean", label="same")
same = compare.compute(index.index(people), people)["same"]
for person in people.itertuples():
    print(f"{person.name} becomes {person.clean!r}")
print(f"pairs: {len(same)}, the same: {int(same.sum())}")
assert list(people["clean"]) == ["", "", "", "", "ada lovelace"], "the behaviour has changed"
assert (len(same), same.sum()) == (6, 6), "the behaviour has changed"
PYTHON
