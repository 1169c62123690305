"""The emulator as a process and as a server: start, stop, bad use, bytes of every kind."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from tests.support.emulation import EmulatorServer, EmulatorThread, emulator
from tests.support.emulator_clients import AGENTLESS, logged_in, sms

COMMAND = [sys.executable, "-m", "emulator"]


def exchange(url: str, sent: bytes, *, pieces: int = 1, answers: int = 1) -> bytes:
    """What comes back for these bytes: so many answers, and more until the emulator closes or is quiet."""
    address = urlsplit(url)
    received = b""
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        step = max(1, len(sent) // pieces)
        for start in range(0, len(sent), step):
            connection.sendall(sent[start : start + step])
        with contextlib.suppress(TimeoutError):
            while True:
                connection.settimeout(30 if len(statuses(received)) < answers else 0.3)
                if not (data := connection.recv(65536)):
                    break
                received += data
    return received


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+) ", received)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def processor_seconds_of_children() -> float:
    """Of those that have ended; unlike seconds, the same on a busy machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_first_emulator_of_a_process_knows_what_its_faults_are_about() -> None:
    begins = "from emulator.client import EmulatorThread; EmulatorThread({{'faults': [{fault}]}})"
    wrong, right = ({"kind": "latency", "operation": name} for name in ("callbacks", "callbacks.create"))

    done = [
        subprocess.run([sys.executable, "-c", begins.format(fault=fault)], capture_output=True, check=False)
        for fault in (right, wrong)
    ]

    assert [each.returncode for each in done] == [0, 1]
    assert b"no operation is called 'callbacks'" in done[1].stderr


def test_it_starts_quickly_and_stops_with_the_block() -> None:
    before = processor_seconds_of_children()
    with emulator() as genesys:
        pid = genesys.pid
        assert genesys.truth()["count"] == 0
    assert not alive(pid)
    assert processor_seconds_of_children() - before < 2  # 0.5 s


def test_it_takes_settings_at_the_start() -> None:
    with emulator(requests_per_minute=7, faults=[{"kind": "latency", "seconds": 0.01}]) as genesys:
        state = genesys.state()
        assert (state["limits"]["requests_per_minute"], state["faults"][0]["kind"]) == (7, "latency")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_an_open_connection(number: signal.Signals) -> None:
    process = subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines: list[bytes] = []
    while not lines or not lines[-1].startswith(b"ready "):
        lines.append(process.stdout.readline())
    url = orjson.loads(lines[-1].removeprefix(b"ready "))["url"]
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)):
        process.send_signal(number)
        assert process.wait(60) == 0
    process.stdout.close()
    assert url.encode() in lines[0]


def test_it_ends_when_the_program_that_started_it_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys\n"
        "from tests.support.emulation import emulator\n"
        "genesys = emulator()\n"
        "genesys.start()\n"
        "print(genesys.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, program], stdout=subprocess.PIPE, env=environment, check=False)
    pid = int(done.stdout)
    for _ in range(600):
        if not alive(pid):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the emulator outlived its program")


@pytest.mark.parametrize(
    "arguments",
    [["--set", "requests=1"], ["--set", "faults=x"], ["--config", "/nowhere.json"]],
)
def test_a_mistake_is_one_sentence_and_exit_2(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, "--port", "0", *arguments], capture_output=True, check=False, timeout=20)
    assert done.returncode == 2
    assert done.stderr.startswith(b"The emulator can't start: ")
    assert done.stderr.count(b"\n") == 1


def test_a_taken_port_is_said_so() -> None:
    with emulator() as genesys:
        port = urlsplit(genesys.url).port
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, check=False, timeout=20)
    assert (done.returncode, b"in use" in done.stderr) == (2, True)


def test_the_server_says_why_it_cannot_start(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"), EmulatorServer({"nonsense": 1}):
        pass
    assert "There is no setting nonsense" in capfd.readouterr().err


GET_TRUTH = b"GET /_emulator/truth?summary=true HTTP/1.1\r\nHost: x\r\n\r\n"


def test_requests_of_one_connection_are_answered_in_order(fresh: EmulatorThread) -> None:
    requests = GET_TRUTH + b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + GET_TRUTH
    received = exchange(fresh.url, requests, answers=3)
    assert statuses(received) == [200, 401, 200]


def test_a_late_answer_is_not_overtaken(fresh: EmulatorThread) -> None:
    fresh.configure(faults=[{"kind": "latency", "operation": "oauth.token", "seconds": 0.1}])
    login = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    assert statuses(exchange(fresh.url, login + GET_TRUTH, answers=2)) == [400, 200]


def test_a_request_may_arrive_in_small_pieces(fresh: EmulatorThread) -> None:
    assert exchange(fresh.url, GET_TRUTH, pieces=len(GET_TRUTH)).startswith(b"HTTP/1.1 200 OK")


def test_a_connection_closes_when_asked(fresh: EmulatorThread) -> None:
    received = exchange(fresh.url, GET_TRUTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert b"\r\nConnection: close\r\n" in received


def test_a_chunked_body_is_read(fresh: EmulatorThread) -> None:
    body = b'{"latency_ms": 5}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[each : each + 1]) for each in range(len(body)))
    head = b"POST /_emulator/config HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    exchange(fresh.url, head + chunks + b"0\r\n\r\n")
    assert fresh.org.settings.latency_ms == 5


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_get_an_envelope(fresh: EmulatorThread, garbage: bytes) -> None:
    received = exchange(fresh.url, garbage)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert orjson.loads(received.partition(b"\r\n\r\n")[2])["code"] == "bad.request"


def test_an_offer_to_upgrade_is_not_taken_up(fresh: EmulatorThread) -> None:
    upgrade = GET_TRUTH.replace(b"\r\n\r\n", b"\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
    assert statuses(exchange(fresh.url, upgrade + GET_TRUTH, answers=2)) == [200, 200]


def test_a_big_body_is_announced_first(fresh: EmulatorThread) -> None:
    head = b"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    assert exchange(fresh.url, head, answers=2).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_hundred_thousand_contacts_are_cheap_to_ask_about() -> None:
    with emulator() as genesys, logged_in(genesys.url) as client:
        for number in range(300):
            client.post(AGENTLESS, json=sms(number))
        started = time.monotonic()
        assert genesys.truth(since=290)["contacts"][0]["seq"] == 291
        assert time.monotonic() - started < 1


def test_the_page_holds_everything_it_needs(anybody: httpx.Client) -> None:
    page = anybody.get("/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert [
        word
        for word in ("http://", "https://", "stylesheet", "@import", "src=", "innerHTML")
        if word in page.text
    ] == []
