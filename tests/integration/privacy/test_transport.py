"""On the way: certificates are checked, redirects lead no token away, and nothing secret is shown."""

from __future__ import annotations

import contextlib
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from blocks import ContactLedger, CrmWebhook, GenesysCredentials
from outreach.errors import GenesysError, NotSent, OutreachError, SettingsError
from outreach.genesys.guide import PERMISSIONS as OF_THE_GUIDE
from outreach.genesys.http.auth import KnownToken, Login, seal
from outreach.genesys.http.client import ReadyRequest
from outreach.genesys.http.exchange import from_httpx
from outreach.genesys.platform.permissions import PERMISSIONS
from outreach.genesys.rate_limit.pacer import Turn
from outreach.ledger.opening import open_ledger
from tests.support.certificates import contexts
from tests.support.clients import NOW, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.clocks import SetClock

ROOT = Path(__file__).parents[3]
SECRET = "s3cret0of0a0client0that0nobody0may0see00"


class Server(http.server.ThreadingHTTPServer):
    """Answers every request with one status and remembers what it was sent."""

    daemon_threads = True

    def __init__(self, status: int = 200, location: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.location = status, location
        self.seen: list[tuple[str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        self.server.seen.append((self.path, self.headers.get("Authorization", "")))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_CONNECT = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Quiet."""


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def token() -> str:
    return seal("t" * 30, NOW + timedelta(hours=1), "demo")


@pytest.mark.parametrize("api", ["platform", "guide"])
def test_a_certificate_that_nobody_vouches_for_is_refused_before_a_byte_is_sent(
    tmp_path: Path, api: str
) -> None:
    server = Server()
    presented, _ = contexts(tmp_path, "localhost")
    server.socket = presented.wrap_socket(server.socket, server_side=True)
    with serving(server), open_at(f"https://localhost:{server.port}", api, sealed_token=token()) as genesys:
        with pytest.raises(NotSent) as caught:
            contact_by(genesys, engagement())
        assert caught.value.code in ("tls", "connect")
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("api", ["platform", "guide"])
def test_a_redirect_leads_the_token_nowhere(api: str, status: int) -> None:
    with serving(Server()) as elsewhere:
        away = f"http://localhost:{elsewhere.port}/stolen"
        with (
            serving(Server(status, away)) as gateway,
            open_at(f"http://127.0.0.1:{gateway.port}", api, sealed_token=token()) as genesys,
        ):
            with pytest.raises(GenesysError):
                contact_by(genesys, engagement())
            with contextlib.suppress(GenesysError):
                genesys.register(told(contact()))
        assert gateway.seen
        assert elsewhere.seen == []


def test_a_proxy_of_the_environment_is_used_and_sees_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(Server(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with open_at("https://genesys.example", sealed_token=token()) as genesys, pytest.raises(NotSent):
            contact_by(genesys, engagement())
    assert proxy.seen
    assert set(proxy.seen) == {("genesys.example:443", "")}


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1", "http://proxy:port"])
def test_a_proxy_that_cannot_be_used_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("https_proxy", proxy)

    with (
        open_at("https://genesys.example", sealed_token=token()) as genesys,
        pytest.raises(NotSent, match="proxy"),
    ):
        contact_by(genesys, engagement())


def test_nothing_of_ours_shows_a_secret_when_it_is_printed(tmp_path: Path) -> None:
    url = f"https://crm.example/hooks?key={SECRET}"
    things: list[object] = [
        GenesysCredentials(client_id="id", client_secret=SECRET),
        CrmWebhook(url=url, signing_secret=f"whsec_{SECRET}"),
        ContactLedger(url=f"postgresql://me:{SECRET}@db.example/ledger", key=SECRET, previous_keys=[SECRET]),
        Login("https://login.example", "id", SECRET),
        KnownToken(SECRET, NOW),
        ReadyRequest(
            "sms", from_httpx(httpx.Request("POST", "https://x", content=SECRET)), SECRET, Turn(0, 0, 0, "")
        ),
    ]
    with (
        open_at("http://127.0.0.1:1") as client,
        open_ledger(f"sqlite:///{tmp_path}/l.db", keys=[SECRET], clock=SetClock(NOW)) as ledger,
    ):
        things += [client, client.connection, ledger, ledger.vault, vars(client), vars(ledger)]
        for thing in things:
            assert SECRET not in f"{thing!r} {thing!s}"


def test_a_ledger_that_cannot_be_opened_does_not_say_its_password() -> None:
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/ledger?connect_timeout=1"
    with pytest.raises(OutreachError) as caught, open_ledger(url, keys=[SECRET]):
        pass
    told = [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    assert not [words for words in told if SECRET in words]


def test_a_secret_is_never_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(SettingsError, match="unencrypted"), open_at("http://genesys.example"):
        pass


def test_the_installed_packages_do_not_contradict_each_other_and_are_pinned() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    files = ("constraints.txt", "constraints-3.8.8.txt")
    lines = [line for name in files for line in (ROOT / name).read_text().splitlines()]
    pins = [line.partition(";")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    loose = [pin for pin in pins if "==" not in pin and " @ " not in pin]
    assert loose == []


def test_the_page_names_exactly_the_permissions_that_the_client_needs() -> None:
    page = (ROOT / "docs/security.md").read_text()
    needed = {name for names in (*PERMISSIONS.values(), *OF_THE_GUIDE.values()) for name in names}
    table = page[page.index("## Least privilege") : page.index("## Transport")]
    named = {word for word in table.split("`")[1::2] if word.count(":") >= 1}

    assert named == needed
