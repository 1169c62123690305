#!/usr/bin/env bash
# A list of people who said stop arrives as one string, in Python's spelling
#
# Packages:  cloudevents 2.2.0
# Does:      sends three events of type application/json over HTTP in the two ways that the standard has, and reads them
#            with the same library: a list of two numbers, a list of one record, and a number as a string.
# Expected:  what was sent, either way. In binary mode only a dict is written as JSON: a list is Python's own words with
#            single quotes and True, which no JSON parser reads, and comes back as one string. A string goes without its
#            quotes, and comes back as another type: "12025550101" as a number. In structured mode all three are right.
# It hurts:  whoever goes through the list goes through its letters: nobody of it is left alone, and nothing is raised.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  cloudevents==2.2.0 python-dateutil==2.9.0.post0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import json

from cloudevents.core.bindings import http
from cloudevents.core.v1.event import CloudEvent

about = {"id": "1", "type": "org.example.stopped", "source": "/crm", "specversion": "1.0"}
numbers = ["+12025550101", "+12025550102"]
for data, came in (
    (numbers, str(numbers)),
    ([{"phone": numbers[0], "stopped": True}], f"[{{'phone': '{numbers[0]}', 'stopped': True}}]"),
    ("12025550101", 12025550101),
):
    event = CloudEvent({**about, "datacontenttype": "application/json"}, data)
    sent = http.to_binary_event(event)
    seen = http.from_http_event(sent).get_data()
    print(repr(data), "is sent as", sent.body, "and comes back as", repr(seen))
    assert seen == came and type(seen) is type(came), "the behaviour has changed"
    assert http.from_http_event(http.to_structured_event(event)).get_data() == data
try:
    json.loads(http.to_binary_event(CloudEvent({**about, "datacontenttype": "application/json"}, numbers)).body)
except ValueError:
    print("another parser: this is no JSON")
else:
    raise AssertionError("the behaviour has changed")
PYTHON
