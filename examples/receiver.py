"""A receiver of our webhooks in ten lines: `WEBHOOK_SECRET=whsec_... python examples/receiver.py [PORT]`."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from outreach.errors import WebhookError
from outreach.webhook import verify

seen: set[str] = set()  # in a real CRM: a unique column, in the transaction that handles the event


class Receiver(BaseHTTPRequestHandler):
    """Verifies, answers, and handles each message once, however often it comes."""

    def do_POST(self) -> None:
        """204 for what is ours, 401 for the rest."""
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        try:
            event = verify(body, self.headers, os.environ["WEBHOOK_SECRET"])
        except WebhookError as refused:
            self.send_error(401, str(refused))
            return
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            print(event["event"], event.get("contact_id", ""), flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
