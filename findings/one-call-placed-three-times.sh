#!/usr/bin/env bash
# A call is placed three times, because the answer to the first was an error of the gateway
#
# Packages:  plivo 4.63.0 and telnyx 4.189.0; beside them twilio 9.13.0
# Does:      places one call (plivo, telnyx) and sends one SMS (telnyx, twilio), with the clients as they come. The server
#            takes each request and answers 504, as a gateway does that did not wait for whatever stands behind it.
# Expected:  one request, and an error: the call may have been placed. plivo and telnyx send it three times, without a key
#            by which the server could know it again (telnyx counts its repetitions in a header, plivo names them on the
#            standard output). twilio asks once. plivo's next call that meets a 504 is sent once only: the counter of
#            repetitions goes back to nought by a success alone.
# It hurts:  a person's phone rings three times for one call, and whoever counts attempts counts one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --target "$folder/packages" \
  plivo==4.63.0 telnyx==4.189.0 twilio==9.13.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import contextlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import plivo
import telnyx
from plivo.rest import client as plivo_client
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

FROM, TO = "+13175550100", "+13175550101"
taken = []


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        taken.append({name.lower() for name in self.headers})
        self.send_response(504)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
for name in ("API_VOICE_BASE_URI", "API_VOICE_BASE_URI_FALLBACK_1", "API_VOICE_BASE_URI_FALLBACK_2"):
    setattr(plivo_client, name, f"{url}/v1/Account")


class Near(TwilioHttpClient):
    def request(self, method, address, *rest, **named):
        return super().request(method, address.replace("https://api.twilio.com", url), *rest, **named)


def ask(what, how):
    taken.clear()
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            how()
        except Exception as error:
            said = type(error).__name__
    keyed = sum("idempotency-key" in names for names in taken)
    print(f"{what}: {len(taken)} requests, {keyed} with a key, then {said}")
    return len(taken), keyed


calls = plivo.RestClient("MA" + "X" * 18, "x" * 40).calls
place = lambda: calls.create(from_=FROM[1:], to_=TO[1:], answer_url="https://example.com/answer")
phone = telnyx.Telnyx(api_key="x", base_url=url)
twilio = Client("AC" + "0" * 32, "x", http_client=Near())
seen = {
    "plivo, a call": ask("plivo, a call", place),
    "plivo, the next": ask("plivo, the next", place),
    "telnyx, a call": ask("telnyx, a call", lambda: phone.calls.dial(to=TO, from_=FROM, connection_id="1")),
    "telnyx, an SMS": ask("telnyx, an SMS", lambda: phone.messages.send(to=TO, from_=FROM, text="Hello")),
    "twilio, an SMS": ask("twilio, an SMS", lambda: twilio.messages.create(to=TO, from_=FROM, body="Hello")),
}
assert [count for count, _ in seen.values()] == [3, 1, 3, 3, 1], "the behaviour has changed"
assert not any(keyed for _, keyed in seen.values()), "the behaviour has changed"
PYTHON
