"""The process that is killed: one campaign, worked on until nothing is left to do.

    load ──> [ bury, reconcile ──> retry ──> register, validate, contact ──> at rest? ]

Everything is the core's; Prefect is left out so that a kill hits nothing but us.
"""

from __future__ import annotations

import json
import sys
import time

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import recover
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.errors import GenesysError, LedgerError, LedgerOutdated
from outreach.genesys.http.auth import SEPARATOR
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import plan
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.ledger.states import RESTING
from outreach.operations.resolution import retry_failed
from outreach.settings import CampaignSettings, EmailReference, WhenNotFound
from outreach.sources.opening import open_source
from outreach.webhook.endpoint import Endpoint
from tests.support.emulation import SENDERS

SETTINGS = CampaignSettings(
    message="Hello",
    hours_bind=(),
    threads=6,
    look_after_seconds=(0.3, 0.3, 0.5, 0.5),
    stop_failure_rate=1,
    stop_unknown_rate=1,
)
"""Looks go on for 1.3 seconds, three times the emulator's index delay: only then is a contact given up."""

LONGEST_SECONDS = 40.0

PER_MINUTE = 1500
"""What the emulator lets each token ask."""


def main(order: dict[str, str]) -> None:
    """Work on the campaign that the order names, until it is at rest."""
    url, secret = order["emulator"], order["secret"]
    settings = SETTINGS.model_copy(
        update={
            "when_not_found": WhenNotFound(order["policy"]),
            "email_reference": EmailReference(order["email_reference"]),
        }
    )
    receiver = Endpoint(f"{url}/_emulator/webhooks?secret={secret}", secret, allow_private=True)
    with (
        open_ledger(order["ledger"], keys=[order["key"]], actor=f"worker {order['name']}") as ledger,
        open_genesys(
            Account(client_id="demo", client_secret="demo", api_url=url),
            senders=Senders(**SENDERS),  # type: ignore[arg-type]  # plain strings
            requests_per_minute=PER_MINUTE,
            tokens=len(order["tokens"].split(SEPARATOR)),
            sealed_token=order["tokens"],
            timetable=LedgerSlotAllocator(ledger),
        ) as genesys,
        receiver as endpoint,
        open_run(ledger, genesys, order["campaign"], settings, webhook_name="crm", endpoint=endpoint) as run,
    ):
        print("ready", flush=True)
        load_source(run, open_source(order["source"]))
        work(run)


def work(run: Run) -> None:
    """Round and round; what the database or the organisation cannot do now, it can do in a moment."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        try:
            recover(run)
            retry_failed(run.ledger, run.campaign)
            for batch in plan(run.ledger, run.campaign, size=50):
                register_batch(run, batch)
                validate_batch(run, batch)
                interact_batch(run, batch)
        except LedgerOutdated:
            raise  # no ledger is restored here, and no later try fares better
        except (GenesysError, LedgerError) as error:
            print(type(error).__name__, flush=True)
        if set(prove(run.ledger, run.campaign).states) <= {state.value for state in RESTING}:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
