#!/usr/bin/env bash
# A client that is told to come back tomorrow is back in two seconds
#
# Packages:  retryhttp 1.5.0 (tenacity 9.2.1, pydantic 2.14.4), with requests 2.34.2
# Does:      asks a server that answers 429 with a Retry-After of a day and three seconds, as a date and as a number of
#            seconds, and counts how soon it is asked again. The client may wait two days; or it is told to give up where
#            it should wait for more than five minutes.
# Expected:  it waits a day, or gives up. The number it reads rightly. Of a date it takes the time of day alone: whole
#            days are dropped (Python's timedelta.seconds), so that "not before tomorrow" is soon, and no limit is passed.
# It hurts:  whoever's quota for the day is used up goes on asking all day. A service that blocks clients which do not
#            keep to its date blocks it, and nobody else can be contacted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-compile --no-warn-conflicts --target "$folder/packages" \
  retryhttp==1.5.0 tenacity==9.2.1 pydantic==2.14.4 requests==2.34.2
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from retryhttp import retry, wait_retry_after

DAY, MORE = 86_400, 3
asked: list[float] = []


class Busy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append(time.monotonic())
        as_date = formatdate(time.time() + DAY + MORE, usegmt=True)
        self.send_response(429)
        self.send_header("Retry-After", as_date if self.path == "/date" else str(DAY + MORE))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(form: str, longest: int) -> str:
    @retry(max_attempt_number=2, wait_rate_limited=wait_retry_after(wait_max=longest, fallback=None), reraise=True)
    def get() -> None:
        requests.get(f"http://127.0.0.1:{server.server_port}/{form}", timeout=5).raise_for_status()

    asked.clear()
    try:
        get()
    except (ValueError, requests.HTTPError) as error:
        ended = "the client gave up" if len(asked) == 1 else f"asked again after {asked[1] - asked[0]:.0f} s"
        return f"{ended} ({type(error).__name__})"
    raise AssertionError


given_up = ask("number", 300)
print("a number of seconds, at most five minutes:", given_up)
assert given_up == "the client gave up (ValueError)", "the behaviour has changed"
for longest in (300, 2 * DAY):
    soon = ask("date", longest)
    print(f"a date, at most {longest} s:", soon)
    assert soon.startswith("asked again") and asked[1] - asked[0] <= MORE + 1, "the behaviour has changed"
server.shutdown()
PYTHON
