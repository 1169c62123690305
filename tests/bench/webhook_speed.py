"""How many events a second reach a receiver on this machine: `python -m tests.bench.webhook_speed [EVENTS]`.

The whole way, from an outbox in memory and from the ledger in SQLite: taken, signed, posted over connections
that are kept, verified by the receiver in another process, settled in groups. The bar is 500 a second.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone

from outreach.contacts import Channel
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook import Courier, Endpoint, Outbox, events, new_secret
from tests.support.ledger_outbox import ENDPOINT, fill_ledger
from tests.support.memory_outbox import MemoryOutbox

BAR = 500


@contextlib.contextmanager
def in_memory(count: int) -> Iterator[Outbox]:
    outbox = MemoryOutbox()
    for number in range(count):
        contact = f"EXT-{number // 2}"  # two events a contact, so that order has to be kept
        body = events.InteractionCreated(
            contact_id=contact,
            campaign="bench",
            timestamp=datetime.now(timezone.utc),
            conversation_id=f"conversation-{number}",
            audit_log=events.AuditLog(channel=Channel.SMS),
            latency_ms=12.5,
        )
        outbox.put(body.event, contact, events.to_bytes(body), datetime.now(timezone.utc))
    yield outbox


@contextlib.contextmanager
def in_a_ledger(count: int) -> Iterator[Outbox]:
    with tempfile.TemporaryDirectory() as folder, open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        fill_ledger(ledger, count // 2, 2)
        yield LedgerOutbox(ledger, ENDPOINT)


def measure(outbox: Outbox, count: int) -> dict[str, float]:
    secret = new_secret()
    command = [sys.executable, "-m", "tests.bench.webhook_receiver", secret]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout
        port = int(receiver.stdout.readline())
        try:
            with Endpoint(f"http://127.0.0.1:{port}/", secret, allow_private=True) as endpoint:
                began, cpu = time.monotonic(), time.process_time()
                counts = Courier(outbox, endpoint).deliver()
                seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        finally:
            receiver.terminate()
        received = int(receiver.stdout.readline())
    assert counts.delivered == received == count, (counts, received)
    return {"events_per_second": round(count / seconds), "cpu_ms_per_event": round(cpu / count * 1000, 2)}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    figures = {}
    for name, opened in (("memory", in_memory(count)), ("ledger", in_a_ledger(count))):
        with opened as outbox:
            figures[name] = measure(outbox, count)
    print(json.dumps({"bench": "webhook_speed", "events": count, "bar": BAR, **figures}))
    sys.exit(0 if all(figure["events_per_second"] >= BAR for figure in figures.values()) else 1)


if __name__ == "__main__":
    main()
