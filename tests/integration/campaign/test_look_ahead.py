"""No sender waits behind the people of another: who has room gets somebody, wherever the list has them."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run, open_run
from outreach.clock import SystemClock
from outreach.contacts import Channel
from outreach.genesys.interface import Senders
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Sender
from outreach.ledger.proof import prove
from outreach.settings import CampaignSettings
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import batch, clear, load, new_ledger, people

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
