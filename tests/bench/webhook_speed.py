"""How many events a second reach a receiver on this machine: `python -m tests.bench.webhook_speed [EVENTS]`.

The whole way: bodies built, outbox in memory, signed, posted over keep-alive connections, verified by the
receiver in another process, settled in groups. The bar is 500 a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime, timezone

from outreach.contacts import Channel
from outreach.webhook import Courier, Endpoint, events, new_secret
from tests.unit.webhook.memory_outbox import MemoryOutbox

BAR = 500


def fill(outbox: MemoryOutbox, count: int) -> None:
    for number in range(count):
        contact = f"EXT-{number // 2}"  # two events a contact, so that order has to be kept
        body = events.created(
            contact_id=contact,
            campaign="bench",
            timestamp=datetime.now(timezone.utc),
            conversation_id=f"conversation-{number}",
            channel=Channel.SMS,
            latency_ms=12.5,
        )
        outbox.put(body.event, contact, events.to_bytes(body), datetime.now(timezone.utc))


def measure(count: int) -> dict[str, float]:
    secret = new_secret()
    command = [sys.executable, "-m", "tests.bench.webhook_receiver", secret]
    outbox = MemoryOutbox()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout
        port = int(receiver.stdout.readline())
        began, cpu = time.monotonic(), time.process_time()
        fill(outbox, count)
        with Endpoint(f"http://127.0.0.1:{port}/", secret, allow_private=True) as endpoint:
            counts = Courier(outbox, endpoint).deliver()
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        receiver.terminate()
        received = int(receiver.stdout.readline())
    assert counts.delivered == received == count, (counts, received)
    return {
        "events": count,
        "seconds": round(seconds, 2),
        "events_per_second": round(count / seconds),
        "cpu_ms_per_event": round(cpu / count * 1000, 2),
        "settle_calls": outbox.settle_calls,
    }


def main() -> None:
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    print(json.dumps({"bench": "webhook_speed", **figures, "bar": BAR}))
    sys.exit(0 if figures["events_per_second"] >= BAR else 1)


if __name__ == "__main__":
    main()
