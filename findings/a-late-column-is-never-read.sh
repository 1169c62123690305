#!/usr/bin/env bash
# petl leaves out an opt-out that only a later record has
#
# Packages:  petl 1.7.30
# Does:      reads records (fromdicts) of which only the last one has the key opt_out, as files have that leave out
#            what is empty.
# Expected:  the column, empty for the others, or an error. The header is made of about the first 1,000 records; a
#            key that comes later goes without a word.
# It hurts:  the person who said stop is in the list like everybody else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  petl==1.7.30
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import petl


def last(others):
    records = [{"id": f"C-{number}"} for number in range(others)] + [{"id": "C-last", "opt_out": "yes"}]
    return list(petl.dicts(petl.fromdicts(records)))[-1]


print("after 100 others:  ", last(100))
print("after 2,000 others:", last(2000))
assert last(100) == {"id": "C-last", "opt_out": "yes"}, "the behaviour has changed"
assert last(2000) == {"id": "C-last"}, "the behaviour has changed"
PYTHON
