#!/usr/bin/env bash
# A message goes out twice because the answer to the first one named its charset
#
# Packages:  asgi-idempotency-header 0.2.0, with the fastapi 0.70.1 and redis 4.6.0 that its extras ask for
# Does:      posts a message twice under one Idempotency-Key to three apps, which differ in one header of their answer:
#            application/json, application/json; charset=utf-8, and application/vnd.api+json.
# Expected:  one message and the same answer twice, in all three: its README says that mutating endpoints run exactly
#            once, and that it keeps answers of JSON. It compares the whole header with "application/json": RFC 9110
#            (8.3.1) allows parameters, for RFC 8259 (11) a charset changes nothing, and names that end in +json are
#            JSON too (RFC 6839, 3.1). In the second and third app the key is forgotten once the answer is there.
# It hurts:  whoever sends again under the same key, as the answer was lost, tells the person twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  'asgi-idempotency-header[fastapi]==0.2.0' fastapi==0.70.1 redis==4.6.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import asyncio

from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import MemoryBackend
from starlette.responses import Response


async def count_messages(media_type):
    said, messages = [], []

    async def app(scope, receive, send):
        messages.append("told")
        answer = Response('{"message": "sent"}', 202, {"content-type": media_type})
        await answer(scope, receive, send)

    async def send(part):
        said.extend([part["status"]] if "status" in part else [])

    guarded = IdempotencyHeaderMiddleware(app, backend=MemoryBackend())
    for _ in range(2):
        scope = {"type": "http", "method": "POST", "path": "/messages", "headers": [(b"idempotency-key", b"K-1")]}
        await guarded(scope, None, send)
    assert said == [202, 202]
    return len(messages)


for media_type, expected in (
    ("application/json", 1),
    ("application/json; charset=utf-8", 2),
    ("application/vnd.api+json", 2),
):
    messages = asyncio.run(count_messages(media_type))
    print(f"answered as {media_type}: one key, {messages} message(s)")
    assert messages == expected, "the behaviour has changed"
PYTHON
