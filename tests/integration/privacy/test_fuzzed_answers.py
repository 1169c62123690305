"""Whatever bytes Genesys, or somebody in its place, answers: a value or one of our errors, within a second.

FUZZ=20000 tries so many; without it, as many as fit into a test run.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from outreach.contacts import Channel
from outreach.countries import read_country
from outreach.errors import OutreachError
from outreach.genesys.http.auth import seal
from outreach.genesys.interface import Registered
from outreach.settings import CampaignSettings
from tests.integration.genesys.test_fuzz import JSON, KEYS, SHAPED
from tests.support.clients import NOW, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.clocks import SetClock
from tests.support.fuzzing import tries
from tests.support.parrot import Parrot, parrot_at_work

ANSWERS = tries(600)
SOON_SECONDS = 1.0


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    with parrot_at_work() as server:
        yield server


@pytest.fixture(scope="module")
def clients(parrot: Parrot) -> Iterator[dict[str, Any]]:
    """One of each API, with a token that a 401 does not take away for long: any answer is a new one."""
    token = seal("t" * 20, NOW + timedelta(hours=40), "demo")
    with contextlib.ExitStack() as stack:
        yield {
            api: stack.enter_context(open_at(parrot.url, api, SetClock(NOW), sealed_token=token))
            for api in ("platform", "guide")
        }


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Content-Type", b"Retry-After", b"inin-ratelimit-count", b"inin-ratelimit-allowed",
             b"inin-ratelimit-reset", b"ININ-Correlation-Id", b"Content-Encoding", b"Location", b"Date"]
        ),
        st.sampled_from([b"application/json", b"0", b"-1", b"1e9", b"gzip", b"text/html", b"\xff", b"300"])
        | st.integers(0, 10**12).map(lambda n: b"%d" % n),
    ),
    max_size=5,
)  # fmt: skip
BODIES = (
    SHAPED.map(orjson.dumps)
    | st.binary(max_size=120)
    | JSON.map(orjson.dumps)
    | st.just(b"[" * 5000)
    | st.just(b'{"entities":[' + b'{"id":"x"},' * 3000 + b"{}]}")
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    body = draw(BODIES)
    status = draw(
        st.sampled_from([200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 413, 429, 500, 503])
    )
    lines = [b"HTTP/1.1 %d Whatever" % status, *(b"%s: %s" % pair for pair in draw(HEADERS))]
    cut = draw(st.sampled_from([0, 0, 0, 1, 40]))
    lines.append(b"Content-Length: %d" % len(body) if draw(st.booleans()) else b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body[: -cut or None])


OPERATIONS: dict[str, Callable[[Any], object]] = {
    "register": lambda genesys: genesys.register(told(contact(0), contact(1))),
    "inspect": lambda genesys: genesys.inspect(contact(), Registered("EXT-9928374", "g-1", "exists")),
    "check senders": lambda genesys: genesys.check_senders(),
    **{
        f"start {channel}": lambda genesys, channel=channel: contact_by(genesys, engagement(channel))  # type: ignore[misc]  # bound early
        for channel in Channel
    },
    "find": lambda genesys: genesys.find([engagement().attempt]) if genesys.can_find else None,
    "read": lambda genesys: genesys.read(["c-1", "c-2"]),
    "end": lambda genesys: genesys.end("c-1", Channel.SMS),
    "do not contact": lambda genesys: genesys.list_do_not_contact(),
}


@settings(max_examples=ANSWERS, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    answer=answers(),
    operation=st.sampled_from(sorted(OPERATIONS)),
    api=st.sampled_from(["platform", "guide"]),
)
def test_any_answer_is_a_value_or_one_of_our_errors_and_soon(
    parrot: Parrot, clients: dict[str, Any], answer: bytes, operation: str, api: str
) -> None:
    parrot.answer = answer
    gc.disable()  # a search through all that thousands of tests left in this process is not the answer's
    begun = time.thread_time()
    try:
        OPERATIONS[operation](clients[api])
    except OutreachError as error:
        told = f"{error!s} {error!r}"
        assert not [trace for trace in ("+15551234567", "Acme Corp", "t" * 20) if trace in told]
    finally:
        gc.enable()
    assert time.thread_time() - begun < SOON_SECONDS


@settings(max_examples=tries(200), deadline=None, database=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(CampaignSettings.model_fields)) | st.text(max_size=8),
        JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=2), max_size=3),
        max_size=5,
    )
)
def test_any_settings_are_taken_or_refused_in_a_sentence(given_settings: dict[str, Any]) -> None:
    read_country("Germany")  # the names of all countries are read once, in a second of a process's life
    begun = time.thread_time()
    try:
        CampaignSettings.model_validate(given_settings)
    except (ValidationError, OutreachError) as error:
        assert str(error)  # noqa: PT017 - a claim about each error
    assert time.thread_time() - begun < SOON_SECONDS


def test_a_settings_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    from cli.settings import read_settings

    for content in (b"", b"[]", b"{", b"\xff", b"null", b'{"batch_size": "many"}', b"[" * 20_000):
        file = tmp_path / "settings.json"
        file.write_bytes(content)
        with pytest.raises(OutreachError):
            read_settings(file)
