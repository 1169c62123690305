#!/usr/bin/env bash
# A loader turns "no" into yes, and "never asked" into no
#
# Packages:  singer-python 6.8.0
# Does:      passes values through the `Transformer` of taps by schemas that name two or three types, null among them.
#            Each is valid, as jsonschema 2.6.0 says, which it installs.
# Expected:  the values as they are. JSON Schema takes a value of any type of the list, whichever stands first (draft
#            4, validation, 5.5.2). It tries the types in their order, null last, and takes the first that Python's
#            bool() or int() makes something of: "no" is True, null is False, a number loses its zeros, and two numbers
#            become one of 22 digits. With the string named first, and null in an anyOf, all stay as they are.
# It hurts:  a refusal loads as consent and "nobody knows" as an answer, which no query can tell from real ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" singer-python==6.8.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import jsonschema
from singer import Transformer


def load(value, schema):
    record, schema = {"it": value}, {"type": "object", "properties": {"it": schema}}
    jsonschema.validate(record, schema)
    with Transformer() as transformer:
        return transformer.transform(record, schema)["it"]


BOOLEAN_FIRST, STRING_FIRST = ["null", "boolean", "string"], ["null", "string", "boolean"]
for value, types, loaded in (
    ("no", BOOLEAN_FIRST, True),
    ("never", BOOLEAN_FIRST, True),
    ("no", STRING_FIRST, "no"),
    (None, ["null", "boolean"], False),
    ("0012025550101", ["null", "integer", "string"], 12025550101),
    ("12025550101,12025550102", ["null", "integer", "string"], 1202555010112025550102),
    ("0012025550101", ["null", "string", "integer"], "0012025550101"),
):
    seen = load(value, {"type": list(types)})
    print(f"{value!r} as {', '.join(types)} is {seen!r}")
    assert seen == loaded and type(seen) is type(loaded), "the behaviour has changed"
assert load(None, {"anyOf": [{"type": "null"}, {"type": "boolean"}]}) is None
PYTHON
