"""An emulator for a program or a test: in a process of its own, or in a thread.

with EmulatorServer({"requests_per_minute": None}) as emulator:
client = ...(emulator.url)
emulator.configure(faults=[{"kind": "act_then_drop", "operation": "messages.agentless", "nth": 3}])
assert emulator.truth()["count"] == 1
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import orjson

if TYPE_CHECKING:
    from typing_extensions import Self

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


class EmulatorControl:
    """What a test asks of an emulator at `url`. Answers are the documents of `/_emulator`."""

    url: str

    def configure(self, **settings: object) -> dict[str, Any]:
        """Merge settings; raises ValueError with the emulator's sentence when one is wrong."""
        return self._ask("POST", "/_emulator/config", settings)

    def reset(self, *, keep_settings: bool = False) -> None:
        """Forget contacts, conversations, truth, tokens and webhooks, and by default the settings too."""
        self._ask("POST", "/_emulator/reset", {"keep_settings": keep_settings})

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ask("POST", "/_emulator/clock", {"advance_seconds": seconds})

    def reply(self, conversation_id: str, text: str, subject: str = "") -> dict[str, Any]:
        """Write as the person of a conversation: the id of the conversation that it is in."""
        body = {"text": text, "subject": subject}
        return self._ask("POST", f"/_emulator/conversations/{conversation_id}/reply", body)

    def truth(self, **query: object) -> dict[str, Any]:
        """Every contact that really happened: `contacts`, `count`, `by_channel`, `contacted_twice`, ..."""
        return self._ask("GET", "/_emulator/truth", query=query)

    def state(self) -> dict[str, Any]:
        """Counts, default ids, limits, faults."""
        return self._ask("GET", "/_emulator/state")

    def metrics(self, **query: object) -> dict[str, Any]:
        """Requests by operation and status, windows per token."""
        return self._ask("GET", "/_emulator/metrics", query=query)

    def webhooks(self, **query: object) -> dict[str, Any]:
        """The webhooks received: `attempts`, `count`, `distinct`, `accepted`, `invalid`, `by_event`, ..."""
        return self._ask("GET", "/_emulator/webhooks", query=query)

    def end(self, conversation_id: str, disconnect_type: str = "peer") -> None:
        """End a conversation from the other side."""
        self._ask(
            "POST", f"/_emulator/conversations/{conversation_id}/end", {"disconnect_type": disconnect_type}
        )

    def _ask(
        self, method: str, path: str, body: object = None, query: dict[str, object] | None = None
    ) -> dict[str, Any]:
        address = urlsplit(self.url)
        words = {key: str(value).lower() for key, value in (query or {}).items()}
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            target = f"{path}?{urlencode(words)}" if words else path
            connection.request(method, target, None if body is None else orjson.dumps(body))
            response = connection.getresponse()
            document: dict[str, Any] = orjson.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(document["message"])
        return document


class EmulatorServer(EmulatorControl):
    """An emulator in a process of its own; ends with the `with`, or when this process is killed."""

    def __init__(
        self,
        settings: Mapping[str, object] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        state: Path | None = None,
    ) -> None:
        self._command = [sys.executable, "-m", "emulator", "--host", host, "--port", str(port)]
        self._command += ["--json", "--with-parent", *(["--state", str(state)] if state else [])]
        for name, value in (settings or {}).items():
            self._command += ["--set", f"{name}={orjson.dumps(value).decode()}"]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def pid(self) -> int:
        """The process id; raises RuntimeError when it doesn't run."""
        if self._process is None:
            raise RuntimeError("the emulator is not running")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it listens; raises RuntimeError with its own words when it can't."""
        process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._process = process
        watchdog = threading.Timer(_START_SECONDS, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline() if process.stdout else b""
        finally:
            watchdog.cancel()
        if not line.startswith(b"ready "):
            self.stop()
            raise RuntimeError("the emulator did not start; its reason is on standard error")
        self.url = orjson.loads(line.removeprefix(b"ready "))["url"]

    def stop(self) -> None:
        """End the process, by force when it doesn't listen."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class EmulatorThread(EmulatorControl):
    """An emulator in a thread of this process: starts in milliseconds; `org` is its state, to look at."""

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        # Who speaks to an emulator elsewhere needs none of it: 3 MB.
        from emulator.running import serve  # noqa: PLC0415 - with all operations, which faults are about
        from emulator.state.organisation import Organisation  # noqa: PLC0415
        from emulator.state.settings import Settings  # noqa: PLC0415

        self._serving = serve
        self.org = Organisation(Settings().merged(dict(settings or {})))
        self.url = ""
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await self._serving(self.org, "127.0.0.1", 0, self._stopped, self._ready)

    def _ready(self, url: str) -> None:
        self.url = url
        self._listening.set()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(_START_SECONDS):
            raise RuntimeError("the emulator did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(_STOP_SECONDS)
