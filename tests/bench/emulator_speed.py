"""How many sends a second the emulator answers on one core, with full state and truth.

    python tests/bench/emulator_speed.py [--sends 20000] [--json]

The client is a raw socket in this process; the emulator is a process of its own, held to one core. Each
send is a `POST /api/v2/conversations/messages/agentless` to another address: one after the other, then ten
deep in the pipeline. Two figures each: sends a second by the wall clock, and sends a second of the
emulator's own processor time, which a busy machine doesn't change. The bar is 3,000 a second.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.emulation import SENDERS, EmulatorServer, emulator

BAR = 3000
DEPTHS = (1, 10)
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(sends: int, depth: int) -> dict[str, float]:
    """Send that many messages, `depth` on the way at a time, and give the figures."""
    with emulator() as genesys:
        _hold_to_one_core(genesys.pid)
        address = urlsplit(genesys.url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            token = _log_in(connection)
            cpu, started = _cpu_seconds(genesys.pid), time.perf_counter()
            _send_all(connection, token, sends, depth)
            wall = time.perf_counter() - started
            cpu = _cpu_seconds(genesys.pid) - cpu
        _check(genesys, sends)
    return {
        "sends": sends,
        "depth": depth,
        "per_second": sends / wall,
        "per_cpu_second": sends / max(cpu, 1 / _TICKS),
    }


def _hold_to_one_core(pid: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {max(os.sched_getaffinity(0))})


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _log_in(connection: socket.socket) -> str:
    basic = base64.b64encode(b"demo:demo").decode()
    body = "grant_type=client_credentials"
    connection.sendall(
        f"POST /oauth/token HTTP/1.1\r\nHost: emulator\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    return str(json.loads(connection.recv(65536).partition(b"\r\n\r\n")[2])["access_token"])


def _request(token: str, number: int) -> bytes:
    body = (
        f'{{"fromAddress":"{SENDERS["sms_from"]}","toAddress":"+1415{number:07d}",'
        '"toAddressMessengerType":"sms","textBody":"Your appointment is tomorrow at ten."}'
    )
    head = (
        "POST /api/v2/conversations/messages/agentless HTTP/1.1\r\nHost: emulator\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _send_all(connection: socket.socket, token: str, sends: int, depth: int) -> None:
    """Keep `depth` requests on the way until all are answered with 200."""
    requests = [_request(token, number) for number in range(sends)]
    sent = answered = 0
    rest = b""
    while answered < sends:
        if sent < sends and sent - answered <= depth // 2:
            connection.sendall(b"".join(requests[sent : answered + depth]))
            sent = min(sends, answered + depth)
        data = rest + connection.recv(1 << 20)
        answered += data.count(b"HTTP/1.1 200 OK\r\n")
        rest = data[-15:] if not data.endswith(b"}") else b""
        if b"HTTP/1.1 4" in data or b"HTTP/1.1 5" in data:
            raise SystemExit(f"a send was refused: {data[:300]!r}")


def _check(genesys: EmulatorServer, sends: int) -> None:
    summary = genesys.truth(summary=True)
    if summary["count"] != sends or summary["addresses"] != sends:
        raise SystemExit(f"the truth doesn't hold {sends} sends: {summary}")


def main() -> int:
    """Measure, print, and fail when a figure of processor time is under the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [measure(options.sends, depth) for depth in DEPTHS]
    if options.json:
        print(json.dumps(results))
    else:
        for figures in results:
            print(
                f"{figures['depth']:2} on the way: {figures['per_second']:7,.0f} sends/s, "
                f"{figures['per_cpu_second']:7,.0f} per second of processor time (bar {BAR:,})"
            )
    return 0 if all(figures["per_cpu_second"] >= BAR for figures in results) else 1


if __name__ == "__main__":
    sys.exit(main())
