#!/usr/bin/env bash
# A client that is told to ask only once sleeps two seconds after the answer
#
# Packages:  prefect 3.9.1
# Does:      PREFECT_CLIENT_MAX_RETRIES=0; a server answers 503 to one read, as Prefect's own server does while
#            another writes to its SQLite file.
# Expected:  the error at once, since nothing is asked again. The client first sleeps as long as it would before
#            the next try (about 2 s), and then gives up.
# It hurts:  whoever bounds the time of a call by bounding its tries: each refusal costs a sleep that serves nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check prefect==3.9.1
cd "$folder"
HOME="$folder" PREFECT_HOME="$folder/home" PREFECT_CLIENT_MAX_RETRIES=0 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings


class Busy(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Busy.asked += 1
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{server.server_port}/api"}):
    client = get_client(sync_client=True)
    began = time.monotonic()
    try:
        client.read_variable_by_name("anything")
    except httpx.HTTPStatusError as error:
        took = time.monotonic() - began
        print("asked", Busy.asked, "time, was told", error.response.status_code, f"and slept {took:.1f} s")
server.shutdown()
assert Busy.asked == 1, "the behaviour has changed"
assert took > 1.0, "the behaviour has changed"
PYTHON
