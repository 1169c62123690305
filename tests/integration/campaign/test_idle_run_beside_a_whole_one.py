"""Whatever happened since a campaign's last run: where a run is known as idle, one changes nothing."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.contacts import Channel
from outreach.errors import OutreachError
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.schema import contacts, intents, outbox, rejects
from outreach.ledger.hand_overs import open_hand_over
from outreach.ledger.reopening import reopen
from outreach.ledger.runs import stop_campaign
from outreach.ledger.states import State
from outreach.ledger.suppressions import allow_again, suppress
from outreach.operations.resolution import retry_failed, retry_kept_back
from outreach.privacy.erasure import erase
from outreach.settings import Event
from outreach.sources.opening import open_list
from tests.support.idle_scenes import Scene, begin
from tests.support.ledgers import NOON, advance, people
from tests.support.organisations import Organisation

TRIES = 30


def add_row(scene: Scene) -> None:
    n = scene.draw.randrange(50, 99)
    scene.write([*scene.rows(), f"C-{n},New {n},+13175551{n:03d},n{n}@example.com,America/New_York,Bonn,\n"])


def change_row(scene: Scene) -> None:
    head, *rows = scene.rows()
    at = scene.draw.randrange(len(rows))
    rows[at] = rows[at].replace("Person", "Renamed").replace(",12,", ",+13175558888,")
    scene.write([head, *rows])


def drop_row(scene: Scene) -> None:
    scene.write(scene.rows()[:-1])


def erase_somebody(scene: Scene) -> None:
    with contextlib.suppress(OutreachError):
        erase(scene.ledger, f"C-{scene.draw.randrange(1, 5)}")


def have_an_open_hand_over(scene: Scene) -> None:
    until = scene.clock.now() + timedelta(hours=1)
    open_hand_over(scene.ledger, find_campaign(scene.ledger, scene.name).id, Channel.SMS, "", until)


def run_another(scene: Scene) -> None:
    with open_run(scene.ledger, Organisation(), "autumn", scene.settings) as run:
        load_source(run, open_list(people(2, first=70), scene.settings))
        if scene.draw.random() < 0.5:
            advance(run)


def bring_one_more(scene: Scene) -> None:
    """As `contact_one` does."""
    with open_run(scene.ledger, scene.organisation, scene.name, scene.settings) as run:
        load_source(run, open_list(people(1, first=scene.draw.randrange(1, 9)), scene.settings))


def reopen_everybody(scene: Scene) -> None:
    campaign = find_campaign(scene.ledger, scene.name)
    reopen(scene.ledger, scene.ledger.db.values(select(contacts.c.id)), action="reconsidered")
    retry_failed(scene.ledger, campaign)
    retry_kept_back(scene.ledger, campaign)


def lose(kind: str) -> Callable[[Scene], None]:
    return lambda scene: scene.file(kind).unlink(missing_ok=True)


SETTINGS: Sequence[dict[str, object]] = (
    {"message": "Hello {{ metadata.city }}"},
    {"message": "Hello {{ first_name }}"},
    {"country": "US"},
    {"columns": {"city": "metadata.town"}},
    {"consent": "required"},
    {"same_address": "each"},
    {"channel_order": ("email",)},
    {"channel_order": ("voice",)},
    {"strict_numbers": True},
    {"events": ()},
    {"events": tuple(Event)},
    {"expires_at": NOON},
    {"rules": ("us-federal",)},
    {"caps": ({"contacts": 1, "hours": 5},)},
    {"leave_out_undelivered": True},
    {"approve_above": 0},
    {"lists_needed": False},
    {"link": "never"},
    {"route": "agentless"},
)


def choose(change: dict[str, object], scene: Scene) -> None:
    scene.set(**change)


HAPPENINGS: Sequence[Callable[[Scene], object]] = (
    add_row,
    change_row,
    drop_row,
    erase_somebody,
    have_an_open_hand_over,
    run_another,
    bring_one_more,
    reopen_everybody,
    lose("rejects.csv"),
    lose("report.html"),
    lose("proof.json"),
    lambda scene: scene.put(contacts, state=scene.draw.choice(list(State)).value),
    lambda scene: scene.put(contacts, state="deferred", until=scene.clock.now() - timedelta(hours=1)),
    lambda scene: scene.put(contacts, state="deferred", until=scene.clock.now() + timedelta(hours=1)),
    lambda scene: scene.put(contacts, state="blocked", reason="suppressed"),
    lambda scene: scene.put(contacts, look_at=scene.clock.now() - timedelta(hours=1)),
    lambda scene: scene.put(contacts, undelivered="NumberUnreachable"),
    lambda scene: scene.put(contacts, link="named"),
    lambda scene: scene.put(intents, outcome=None),
    lambda scene: scene.put(intents, outcome="unknown"),
    lambda scene: scene.put(outbox, state="pending"),
    lambda scene: scene.put(outbox, state="dead"),
    lambda scene: scene.put(rejects, retryable=True),
    lambda scene: suppress(scene.ledger, [f"+1317555{n:04d}" for n in range(1, 6)], source="crm", reason=""),
    lambda scene: allow_again(scene.ledger, "+13175550001"),
    lambda scene: stop_campaign(scene.ledger, find_campaign(scene.ledger, scene.name), "enough"),
    lambda scene: scene.file("untold.json").write_text("[]"),
    lambda scene: scene.clock.advance(3600),
    lambda scene: scene.clock.advance(86400 * 400),
    lambda scene: setattr(scene, "webhook", scene.draw.choice([None, "crm", "another"])),
    *(partial(choose, change) for change in SETTINGS),
    lambda scene: scene.deliver(),
    lambda scene: scene.whole(),
    lambda scene: os.utime(scene.source),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def look(scene: Scene) -> bool:
    """Whether the next run is known as idle; it is made all the same."""
    if (proof := scene.idle()) is None:
        return False
    before, files = scene.stand(), scene.read_files()

    whole = scene.whole()

    assert scene.stand() == before
    assert whole.as_json() == proof.as_json()
    assert scene.read_files() == files
    return True


def test_without_a_happening_the_next_run_is_known_as_idle(shared: Path) -> None:
    with contextlib.ExitStack() as stack:
        assert look(begin(shared / "nothing", stack, random.Random(0), most=0))


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("number", range(len(HAPPENINGS)))
def test_after_each_happening_a_whole_run_changes_nothing_where_a_run_is_known_as_idle(
    shared: Path, number: int, *, tells: bool
) -> None:
    with contextlib.ExitStack() as stack:
        scene = begin(shared / f"{number} {tells}", stack, random.Random(number), most=0)
        scene.webhook = "crm" if tells else None
        with contextlib.suppress(OutreachError):
            HAPPENINGS[number](scene)
        look(scene)
        scene.tell_proof()
        look(scene)


@pytest.mark.parametrize("seed", range(TRIES))
def test_after_several_happenings_a_whole_run_changes_nothing_where_a_run_is_known_as_idle(
    shared: Path, seed: int
) -> None:
    draw = random.Random(seed)
    with contextlib.ExitStack() as stack:
        scene = begin(shared / str(seed), stack, draw, most=2)
        for happen in draw.sample(HAPPENINGS, draw.randint(0, 3)):
            with contextlib.suppress(OutreachError):
                happen(scene)
        if draw.random() < 0.5:
            scene.tell_proof()
        look(scene)
