"""A campaign after its first run, with its list and its files; something may happen before the next."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
from sqlalchemy import Table, select, update

from outreach.campaign.files import file_of
from outreach.campaign.idle_run import prove_idle
from outreach.campaign.loading import load_source
from outreach.campaign.notification import announce_end
from outreach.campaign.opening import open_run
from outreach.campaign.preparation import mirror_do_not_contact
from outreach.campaign.reconciliation import recover
from outreach.campaign.run import Run
from outreach.campaign.texts import object_to_texts
from outreach.compliance import Gate
from outreach.follow_up.links import link_due
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.schema import contacts, intents, outbox, rejects, replies, suppressions
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import Proof, prove, recount_webhooks
from outreach.ledger.runs import stop_campaign
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from tests.support.clocks import SetClock
from tests.support.ledgers import CALM, NOON, advance, new_ledger
from tests.support.organisations import Organisation

HEADER = "external_contact_id,name,sms,email,time_zone,city,consent.sms\n"
TABLES: Sequence[Table] = (contacts, intents, outbox, rejects, replies, suppressions)


@dataclass
class Scene:
    """A campaign, its list and its files, and whoever draws what happens."""

    ledger: Ledger
    clock: SetClock
    folder: Path
    draw: random.Random
    settings: CampaignSettings
    webhook: str | None
    organisation: Organisation = field(default_factory=Organisation)
    name: str = "spring"

    @property
    def source(self) -> Path:
        return self.folder / "people.csv"

    def rows(self) -> list[str]:
        return self.source.read_text().splitlines(keepends=True)

    def write(self, rows: Sequence[str]) -> None:
        self.source.write_text("".join(rows))

    def file(self, kind: str) -> Path:
        return file_of(self.settings, self.name, kind)

    def idle(self) -> Proof | None:
        return prove_idle(
            self.ledger,
            self.name,
            self.settings,
            open_list(str(self.source), self.settings),
            packs_hash=Gate(self.settings).packs_hash,
            tells=self.webhook is not None,
            witnesses=[],
        )

    def whole(self) -> Proof:
        """The steps of `flows.campaign`, and its files."""
        with open_run(
            self.ledger, self.organisation, self.name, self.settings, webhook_name=self.webhook
        ) as run:
            recover(run)
            load_source(run, open_list(str(self.source), self.settings), run.rejects_file)
            run.age.confirm()
            known = mirror_do_not_contact(run, not_older_than=timedelta(minutes=15))
            if objection := known.objection(run.settings) or object_to_texts(run):
                run.auto_stop.stop(objection)
                stop_campaign(run.ledger, run.campaign, objection)
            before = len(self.organisation.contacted)
            if not run.auto_stop.reason:
                advance(run)
            link_due(run, len(self.organisation.contacted) - before)
            return self._conclude(run)

    def _conclude(self, run: Run) -> Proof:
        proof = prove(run.ledger, find_campaign(run.ledger, self.name))
        announce_end(run, proof)
        proof = recount_webhooks(run.ledger, run.campaign, proof)
        run.report_file.write_text("the report")
        run.proof_file.write_bytes(orjson.dumps(proof.as_json()))
        return proof

    def deliver(self) -> None:
        with self.ledger.db.write() as connection:
            connection.execute(update(outbox).values(state="delivered", attempts=1))
        self.tell_proof()

    def tell_proof(self) -> None:
        """As if the last run had found all as it is."""
        proof = prove(self.ledger, find_campaign(self.ledger, self.name))
        self.file("proof.json").write_bytes(orjson.dumps(proof.as_json()))

    def stand(self) -> dict[str, object]:
        """All that a run may change but for its own records: everybody's rows, and what Genesys was asked."""
        found: dict[str, object] = {t.name: list(map(tuple, self.ledger.db.rows(select(t)))) for t in TABLES}
        calls = (
            list(self.organisation.contacted),
            dict(self.organisation.registered),
            self.organisation.links,
        )
        return {**found, "calls": calls, "campaign": find_campaign(self.ledger, self.name)}

    def read_files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.glob(f"{self.name}-*")}

    def put(self, table: Table, **values: object) -> None:
        key = table.c.id if "id" in table.c else table.c.contact_id
        ids = self.ledger.db.values(select(key))
        if ids:
            with self.ledger.db.write() as connection:
                connection.execute(update(table).where(key == self.draw.choice(ids)).values(values))

    def set(self, **values: object) -> None:
        self.settings = CampaignSettings.model_validate({**self.settings.model_dump(), **values})


def begin(folder: Path, stack: contextlib.ExitStack, draw: random.Random, *, most: int) -> Scene:
    """A campaign after its first run: over, but for up to so many rejected, kept-back or twin rows."""
    folder.mkdir()
    clock = SetClock(NOON)
    ledger = stack.enter_context(new_ledger(folder, clock))
    settings = CALM.model_copy(update={"output": str(folder)})
    scene = Scene(ledger, clock, folder, draw, settings, draw.choice([None, "crm"]))
    rows = [
        f"C-{n},Person {n},+1317555{n:04d},p{n}@example.com,America/New_York,Rome,\n" for n in range(1, 5)
    ]
    more = [
        "C-9,Bad,12,,,,\n",
        rows[0],
        "C-8,Twin,+13175550001,,America/New_York,,\n",
        "C-7,No,+13175550007,,,,no\n",
    ]
    scene.write([HEADER, *rows, *draw.sample(more, draw.randint(0, most))])
    scene.whole()
    scene.deliver()
    return scene
