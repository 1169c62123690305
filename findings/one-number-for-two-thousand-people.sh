#!/usr/bin/env bash
# Two thousand people are given one phone number, and it is valid
#
# Packages:  fastavro 1.13.1; beside it avro 1.12.2, and phonenumbers 9.0.43
# Does:      writes 10,000 phone numbers as whole numbers by an Avro schema whose field may be null, a float or a long,
#            and reads them back.
# Expected:  the numbers, for a whole number is a long, which the schema has: avro writes one. fastavro takes the first
#            type that a whole number may be turned into, a float of 24 bits, and says nothing. (Of a float and a double
#            it takes the one that keeps the value.) With the long named before the float it keeps each.
# It hurts:  those numbers are valid, and other people's: one person is called up to two thousand times, and everybody
#            else never. A list that is made unique by its phones shrinks to six.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" \
  fastavro==1.13.1 avro==1.12.2 phonenumbers==9.0.43
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import io
import json
from collections import Counter

import avro.io
import avro.schema
import fastavro
import phonenumbers

NUMBERS = range(33199000000, 33199010000)  # numbers for films, of which nobody has one


def schema_of(*types):
    return {"type": "record", "name": "Person", "fields": [{"name": "phone", "type": list(types)}]}


def by_fastavro(number, schema):
    data = io.BytesIO()
    fastavro.schemaless_writer(data, schema, {"phone": number})
    data.seek(0)
    return int(fastavro.schemaless_reader(data, schema, None)["phone"])


def by_avro(number, schema):
    data, schema = io.BytesIO(), avro.schema.parse(json.dumps(schema))
    avro.io.DatumWriter(schema).write({"phone": number}, avro.io.BinaryEncoder(data))
    data.seek(0)
    return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(data))["phone"]


first = fastavro.parse_schema(schema_of("null", "float", "long"))
last = fastavro.parse_schema(schema_of("null", "long", "float"))
given = Counter(by_fastavro(number, first) for number in NUMBERS)
(shared, people), *_ = given.most_common()
number = phonenumbers.parse(f"+{shared}")
print(f"fastavro: {len(given)} numbers for {len(NUMBERS)} people")
print(f"{people} of them have +{shared}, valid: {phonenumbers.is_valid_number(number)}")
assert phonenumbers.is_valid_number(number) and people > 2000 and len(given) == 6, "the behaviour has changed"
assert all(by_fastavro(number, last) == number for number in NUMBERS)
assert all(by_avro(number, schema_of("null", "float", "long")) == number for number in NUMBERS[::100])
print("avro, and fastavro with the long before the float: each has their own")
PYTHON
