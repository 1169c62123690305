"""No sender waits behind the people of another: who has room gets somebody, wherever the list has them."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from outreach.campaign.interaction import interact_batch, open_intents, pace
from outreach.campaign.look_ahead import LookAhead
from outreach.campaign.opening import open_run
from outreach.campaign.run import Run
from outreach.clock import SystemClock
from outreach.contacts import Channel, Contact
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Sender, Senders, choose_sender
from outreach.ledger.claims import claim
from outreach.ledger.intents import Intent
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.settings import CampaignSettings
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import batch, clear, load, new_ledger, people
from tests.support.organisations import Organisation

SLOW, FAST = "+13175550200", "+13175550201"
OURS = replace(
    Senders(**SENDERS),  # type: ignore[arg-type]  # a plain mapping
    sms_from=SLOW,
    sms_per_minute=60,
    more=(Sender(Channel.SMS, FAST, 600, metadata={"brand": "fast"}),),
)


@contextlib.contextmanager
def campaign(folder: Path, genesys: EmulatorThread) -> Iterator[Run]:
    account = Account(client_id="demo", client_secret="demo", api_url=genesys.url)
    with (
        new_ledger(folder, SystemClock()) as ledger,
        open_genesys(account, senders=OURS, requests_per_minute=300, tokens=4) as client,
        open_run(
            ledger,
            client,
            "spring",
            CampaignSettings(message="Hello", hours_bind=()),
            requests_per_minute=1200,
        ) as run,
    ):
        yield run


def sent(genesys: EmulatorThread) -> Counter[str]:
    return Counter(row["from"] for row in genesys.truth()["contacts"])


def test_the_fast_sender_does_not_wait_behind_a_list_that_begins_with_the_slow_ones_people(
    tmp_path: Path,
) -> None:
    mobile = [{**row, "email": ""} for row in people(40)]
    with (
        emulator_thread(sms_numbers=dict.fromkeys((SLOW, FAST), "ACTIVE")) as genesys,
        campaign(tmp_path, genesys) as run,
    ):
        load(run, [*mobile, *({**row, "email": "", "metadata.brand": "fast"} for row in people(30, 41))])
        clear(run)
        bell = threading.Timer(8.0, run.auto_stop.stop, ["long enough"])
        bell.start()
        interact_batch(run, batch(run))
        bell.cancel()
        found = sent(genesys)
        proof = prove(run.ledger, run.campaign)
    # Three seconds' worth of the fast one's, and the slow one goes on at a second each meanwhile.
    assert found[FAST] == 30
    assert 4 <= found[SLOW] <= 10
    assert proof.contacted_twice == 0
    assert proof.balanced


RATES = {"slow": 60, "middle": 180, "fast": 600}
THREE = [Sender(Channel.SMS, name, rate) for name, rate in RATES.items()]
SECONDS, LOOK = 25.0, 0.1


class Carriers(Organisation):
    """An organisation whose three senders have rates of their own."""

    narrow_budgets: ClassVar[Mapping[str, float]] = {name: rate / 60 for name, rate in RATES.items()}

    def narrow_budget_of(self, contact: Contact, channel: Channel) -> str:
        chosen = choose_sender(THREE, contact, channel)
        return chosen.name if chosen else ""


def take_up(run: Run, ahead: LookAhead, window: int, in_air: dict[str, list[Intent]]) -> None:
    """As the step does: groups of people, as long as the window has room for one."""
    group = pace(run)[0]
    while sum(map(len, in_air.values())) + group <= window and (chosen := ahead.choose(group)):
        rows = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=group, only=chosen)
        opened = open_intents(run, rows, Counter())
        ahead.took_off(opened)
        for intent in opened:
            in_air[ahead.line_of(intent)].append(intent)


def test_each_of_three_senders_has_somebody_to_contact_at_95_of_100_of_its_instants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = CampaignSettings(message="Hello", hours_bind=())
    sent: Counter[str] = Counter()
    with (
        new_ledger(tmp_path) as ledger,
        open_run(ledger, Carriers(), "spring", settings, requests_per_minute=1200) as run,
    ):
        load(run, [{**row, "email": ""} for row in people(500)])
        clear(run)
        ahead, window = LookAhead(run, batch(run)), pace(run)[1]
        in_air: dict[str, list[Intent]] = {name: [] for name in RATES}
        landed: list[Intent] = []
        for look in range(int(SECONDS / LOOK)):
            if look % int(ahead.patience / LOOK) == 0:
                ahead.landed(landed)
                landed.clear()
                take_up(run, ahead, window, in_air)
            for name, rate in RATES.items():  # an instant at which nobody is there is lost
                due = int((look + 1) * LOOK * rate / 60 + 1e-9) - int(look * LOOK * rate / 60 + 1e-9)
                goes, in_air[name] = in_air[name][:due], in_air[name][due:]
                landed += goes
                sent[name] += len(goes)

    used = {name: sent[name] / (SECONDS / 60 * rate) for name, rate in RATES.items()}
    with capsys.disabled():
        print("".join(f"\n{name}: {share:.1%} of its rate" for name, share in used.items()))
    assert min(used.values()) >= 0.95
