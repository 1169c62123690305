"""A ledger with contacts and events to tell of, and a program that delivers them: it may be killed.

python -m tests.contract.webhook.ledger_outbox LEDGER_URL RECEIVER_URL SECRET SECONDS_LATER
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from outreach.clock import SystemClock
from outreach.ledger.database.schema import contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.load import Loading
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.runs import enter_campaign
from outreach.settings import CampaignSettings
from outreach.sources import open_source
from outreach.webhook import Courier, Endpoint

ENDPOINT = "crm"


class LaterClock(SystemClock):
    """The machine's clock, some seconds ahead: as if the process had been started later."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


def fill_ledger(ledger: Ledger, people: int, each: int) -> None:
    """So many contacts in one campaign, each with so many events in its order."""
    campaign = enter_campaign(ledger, "webhooks", CampaignSettings(), "")
    rows = [
        {"external_contact_id": f"EXT-{n}", "name": "A", "sms": f"+1555{n:07}"} for n in range(1, people + 1)
    ]
    loading = Loading(ledger, campaign.id, "test")
    for _ in loading.add(loading.taker.chunks(open_source(rows).rows())):
        pass
    with ledger.db.write() as connection:
        ids = connection.execute(select(contacts.c.id).order_by(contacts.c.id)).scalars().all()
        connection.execute(
            insert(outbox), [_event(ledger, campaign.id, n, i) for n in range(each) for i in ids]
        )


def _event(ledger: Ledger, campaign_id: int, number: int, contact_id: int) -> dict[str, object]:
    return {
        "webhook_id": f"msg_{contact_id}_{number}",
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "endpoint": ENDPOINT,
        "event": "contact_interaction_created",
        "body": b'{"contact":%d,"n":%d}' % (contact_id, number),
        "created_at": ledger.clock.now(),
        "state": "pending",
        "due_at": ledger.clock.now(),
    }


def main() -> None:
    """Deliver what is due, and say what was done."""
    ledger_url, receiver_url, secret, later = sys.argv[1:]
    clock = LaterClock(float(later))
    with (
        open_ledger(ledger_url, clock=clock) as ledger,
        Endpoint(receiver_url, secret, allow_private=True) as endpoint,
    ):
        courier = Courier(LedgerOutbox(ledger, ENDPOINT), endpoint, clock=clock)
        print(courier.deliver(), flush=True)


if __name__ == "__main__":
    main()
