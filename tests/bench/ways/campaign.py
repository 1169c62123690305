"""Ours: the flow `run_campaign` against the real Prefect server, with ledger and webhooks, as a user runs it.

A run for one person comes first. It warms what every process has to load once, and its time is the fixed cost
of a run (Prefect, report, proof), so that figures can be given with and without it.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from flows.campaign import run_campaign
from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from outreach.settings import CampaignSettings
from tests.bench.contender import Go
from tests.bench.job import Job, write_source
from tests.support.emulation import SENDERS


@contextlib.contextmanager
def prepare(job: Job) -> Iterator[Go]:
    """Blocks saved, source written, one person contacted."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    folder = Path(job.folder, name)
    folder.mkdir()
    save_blocks(job, name, folder)
    settings = CampaignSettings(message="Hello", hours_bind=(), output=str(folder))
    names: dict[str, Any] = dict.fromkeys(("genesys", "senders", "webhook", "ledger"), name)
    source = write_source(folder / "people.csv", job.contacts)
    for _ in range(2):  # the first also imports what is imported late
        began = time.perf_counter()
        warm = [("external_contact_id", "name", "sms"), ("W-1", "Warm", "+13171999999")]
        file = folder / "warm.csv"
        file.write_text("".join(",".join(row) + "\n" for row in warm))
        run_campaign(str(file), f"{name}-warm-{uuid.uuid4().hex[:4]}", settings=settings, **names)
        start_seconds = time.perf_counter() - began

    def go() -> dict[str, Any]:
        began = datetime.now(timezone.utc)
        proof: Any = run_campaign(source, name, settings=settings, **names)
        if not proof["balanced"] or proof["contacted"] != job.contacts:
            raise RuntimeError(str(proof))
        return {
            "campaign": name,
            "start_seconds": start_seconds,
            "seconds_to_last_contact": (_last_contact(folder) - began).total_seconds(),
            "webhooks_pending": proof["webhooks"]["pending"],
        }

    yield go


def _last_contact(folder: Path) -> datetime:
    query = select(func.max(contacts.c.started_at))
    with open_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger, ledger.db.read() as connection:
        last: datetime = connection.execute(query).scalar_one()
    return last


def save_blocks(job: Job, name: str, folder: Path) -> None:
    """As a person would save them in the UI; no limits."""
    GenesysCredentials(
        client_id="demo",
        client_secret="demo",
        login_url=job.url,
        api_url=job.url,
        requests_per_minute=0,
        creations_per_minute=0,
        api=job.api,
    ).save(name)
    Senders(**SENDERS).save(name)
    CrmWebhook(url=job.webhook_url, signing_secret=job.secret, allow_private=True).save(name)
    ContactLedger(url=f"sqlite:///{folder / 'ledger.db'}").save(name)
