"""One process that spends a shared budget as a campaign does, for so many seconds: see `limits`.

`python -m tests.bench.spender '<task as JSON>'`: the core's own steps over its own campaign, with the same
client and pacer as in a run; only the shared place is chosen, the ledger's timetable or a Prefect limit.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from outreach.campaign.hand_overs.hand_over import hand_over_cleared
from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.contacts import Channel
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Sender, Senders
from outreach.ledger.claims import BatchRef, plan
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.bench.job import people
from tests.bench.prefect_timetable import PrefectTimetable
from tests.support.emulation import SENDERS
from tests.support.hand_overs import TEMPLATE

BATCHES_AT_ONCE = 4
"""Batches flow: one registers while another contacts."""


def main() -> None:
    """Work until the time is over; says how many contacts were taken up."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    with (
        open_ledger(task["ledger"], keys=[task["key"]]) as ledger,
        open_genesys(
            Account(api=task["api"], client_id="demo", client_secret="demo", api_url=task["url"]),
            senders=_senders(task) if task["api"] == "platform" else None,
            requests_per_minute=300,
            creations_per_minute=100,
            tokens=task.get("tokens", 1),
            timetable=_timetable(task, ledger),
            sealed_token=None,
        ) as genesys,
        open_run(
            ledger,
            genesys,
            task["name"],
            CampaignSettings(message="Hello", hours_bind=(), **task.get("settings", {})),
            requests_per_minute=300 * task.get("tokens", 1),
        ) as run,
    ):
        alarm = threading.Timer(task["seconds"], run.auto_stop.stop, ["the bench is over"])
        alarm.start()
        _work(run, task)
        alarm.cancel()
        bound = Counter(genesys.connection.usage.snapshot().bound.values())
    print(json.dumps({"name": task["name"], "bound": bound}))


def _senders(task: dict[str, Any]) -> Senders:
    """The emulator's own, or several for SMS, each with its rate."""
    ours = Senders(**SENDERS)  # type: ignore[arg-type]  # chat_type is a str there
    first, *more = task.get("rates", {}).items() or [(ours.sms_from, 0)]
    others = tuple(Sender(Channel.SMS, name, rate) for name, rate in more)
    return replace(ours, sms_from=first[0], sms_per_minute=first[1], more=others, email_template_id=TEMPLATE)


def _timetable(task: dict[str, Any], ledger: Ledger) -> LedgerSlotAllocator | PrefectTimetable:
    return PrefectTimetable(task["limit"]) if task["limit"] else LedgerSlotAllocator(ledger)


def _work(run: Run, task: dict[str, Any]) -> None:
    is_mail = task.get("channel") == "email"
    rows = [
        {
            "external_contact_id": f"{task['name']}-{n}",
            "name": person.name,
            **({"email": person.email} if is_mail else {"sms": _number(task, n)}),
        }
        for n, person in enumerate(people(task["contacts"]))
    ]
    load_source(run, open_source(rows))
    with ThreadPoolExecutor(min(task.get("tokens", 1), BATCHES_AT_ONCE)) as crew:
        list(crew.map(lambda batch: _advance(run, batch, task), plan(run.ledger, run.campaign, size=100)))
    hand_over_cleared(run)


def _advance(run: Run, batch: BatchRef, task: dict[str, Any]) -> None:
    register_batch(run, batch)
    if task["steps"] == "all":
        validate_batch(run, batch)
        interact_batch(run, batch)


def _number(task: dict[str, Any], n: int) -> str:
    return f"+1317{2_000_000 + task['number'] * 100_000 + n}"


if __name__ == "__main__":
    main()
