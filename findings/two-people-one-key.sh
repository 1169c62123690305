#!/usr/bin/env bash
# Two people with different numbers have one canonical JSON, hence one key
#
# Packages:  jcs 0.2.1; beside it rfc8785 0.1.4 and canonicaljson 2.0.0
# Does:      writes records that differ in an identifier of 17 or 18 digits, valid JSON as databases and networks give
#            it out, in the canonical form that a key is made of.
# Expected:  different bytes, or an error: RFC 8785 knows numbers of double precision only. jcs rounds without a word;
#            rfc8785 raises, and canonicaljson keeps each digit.
# It hurts:  who makes the key of a request of it ("never the same twice") holds the second person for the first, and
#            never contacts them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  jcs==0.2.1 rfc8785==0.1.4 canonicaljson==2.0.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import canonicaljson
import jcs
import rfc8785

for one, other in ((90071992547409921, 90071992547409923), (123456789012345678, 123456789012345680)):
    first, second = {"contact": one, "state": "contacted"}, {"contact": other, "state": "contacted"}
    print(f"{one} and {other}: jcs {jcs.canonicalize(first)} and {jcs.canonicalize(second)}")
    assert jcs.canonicalize(first) == jcs.canonicalize(second), "the behaviour has changed"
    assert canonicaljson.encode_canonical_json(first) != canonicaljson.encode_canonical_json(second)
    try:
        rfc8785.dumps(first)
    except rfc8785.CanonicalizationError as error:
        print("rfc8785 refuses:", error)
    else:
        raise AssertionError("the behaviour has changed")
PYTHON
