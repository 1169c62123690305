"""`python -m tests.soak --minutes 20`: campaigns come and go in one ledger, and nothing of it may grow.

    round n:  load, register, validate, contact 60 people ──> all ended ──> the sums hold ──> measure
    beside it, in a thread of its own: follow-up over what is due, and redelivery, again and again

The organisation and the CRM are the emulator, over a socket; some answers are lost and some webhooks refused.
Prefect is left out: a flow run is a process of its own, and what grew in it would hide what grows in us.
Exit 1 when a slope is not flat, or a sum does not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.registration import register_batch
from outreach.campaign.validation import validate_batch
from outreach.follow_up.endings import LOOK_FOR_RECEIPT_SECONDS
from outreach.follow_up.rounds import follow_up
from outreach.genesys.interface import Genesys
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.claims import plan
from outreach.ledger.contacts import find_due_campaigns
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.operations.redelivery import redeliver
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.signing import new_secret
from tests.soak.flatness import Line, fit
from tests.support.emulation import SENDERS, UNLIMITED
from tests.support.emulator_server import EmulatorServer

PEOPLE, LIST = 60, 600
"""How many a campaign is for, of how many in all: they go round, so that our caches soon know them all."""
CRM = "crm"
WEATHER = {
    **UNLIMITED,
    "message_seconds": 0.05,
    "index_delay_seconds": 0.1,
    "attribute_index_delay_seconds": 0.1,
    "faults": [{"kind": "act_then_reset", "operation": "messages.agentless", "probability": 0.01}],
    "webhook_answers": [{"status": 503, "probability": 0.01}],
}
SETTINGS = CampaignSettings(
    message="Hello", hours_bind=(), threads=4, look_after_seconds=(0.2, 0.5, 1.0, 2.0), stop_unknown_rate=1
)
LOOK_SECONDS, PATIENCE_SECONDS = 0.5, 60.0
STEADY_SECONDS, LEAST_ROUNDS = LOOK_FOR_RECEIPT_SECONDS[0] + 10, 9
"""From then on each round also looks for the receipts of an earlier one, which takes a fifth more of the
ledger: what was measured before is left out, where so many rounds come after it.
"""


@dataclass(frozen=True)
class Measured:
    """What is measured after each round, in which unit, and by how much of its mean it may rise."""

    name: str
    unit: str
    tolerance: float


MEASURED = (
    # 5 % of 100 megabytes in 20 minutes' 300 rounds: 300 bytes a person. What an allocator keeps is less.
    Measured("memory", "MB", 0.05),
    # Two or three of 25: each thread keeps its connection, or not, as the load has it. A file that every
    # tenth campaign left open would make twenty in two hundred rounds.
    Measured("open files", "", 0.10),
    # What a person leaves in the ledger; a page more or less of some thirty a round.
    Measured("ledger, a round", "kB", 0.05),
    # Its own time alone. Divided by what a loop of fixed length took just then, it rose by 16 % on a busy
    # machine where by itself it did not. A step that reads the whole ledger doubles it long before.
    Measured("processor, a round", "s", 0.10),
)


class Stage:
    """The ledger, the organisation and the CRM, open for as long as it lasts."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        emulator, secret = stack.enter_context(EmulatorServer(WEATHER)), new_secret()
        url = f"{emulator.url}/_emulator/webhooks?secret={secret}"
        account = Account(client_id="demo", client_secret="demo", api_url=emulator.url)
        senders = Senders(**SENDERS)  # type: ignore[arg-type]  # plain strings
        opening = open_genesys(account, senders=senders, requests_per_minute=None, emails_per_minute=None)
        self.genesys: Genesys = stack.enter_context(opening)
        self.ledger: Ledger = stack.enter_context(
            open_ledger(f"sqlite:///{folder / 'ledger.db'}", keys=["a key for the soak"], actor="soak")
        )
        self.endpoint = stack.enter_context(Endpoint(url, secret, allow_private=True))
        self.ended = threading.Event()
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(self.ended.set)  # before the pool waits for its thread
        self.tending: Future[None] = pool.submit(self.tend)

    def tend(self) -> None:
        """What is scheduled beside campaigns: follow-up and redelivery, until the stage ends."""
        while not self.ended.wait(LOOK_SECONDS):
            for name in find_due_campaigns(self.ledger):
                with open_run(self.ledger, self.genesys, name, webhook_name=CRM) as run:
                    follow_up(run)
            redeliver(self.ledger, CRM, self.endpoint)

    def play(self, number: int) -> Proof:
        """One campaign, from its list until everybody's interaction has ended; what the ledger says then."""
        name = f"soak-{number}"
        with open_run(
            self.ledger, self.genesys, name, SETTINGS, webhook_name=CRM, endpoint=self.endpoint
        ) as run:
            load_source(run, open_source(list(_people(number))))
            for batch in plan(self.ledger, run.campaign, size=PEOPLE):
                for step in (register_batch, validate_batch, interact_batch):
                    step(run, batch)
        campaign, deadline = find_campaign(self.ledger, name), time.monotonic() + PATIENCE_SECONDS
        while (proof := prove(self.ledger, campaign)).states != {"ended": PEOPLE}:
            if self.tending.done():
                self.tending.result()  # says why it ended
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_SECONDS)
        return proof

    def look(self) -> tuple[float, ...]:
        """The figures of this moment: the last two since the process began, or the ledger was made."""
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        with self.ledger.db.read() as connection:
            pages, size = (
                int(connection.exec_driver_sql(f"PRAGMA {what}").scalar_one())
                for what in ("page_count", "page_size")
            )
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        return resident / 1e6, float(files), pages * size / 1e3, time.process_time()


def _people(number: int) -> Iterator[dict[str, object]]:
    for n in (each % LIST for each in range(number * PEOPLE, (number + 1) * PEOPLE)):
        yield {
            "external_contact_id": f"C-{n}",
            "name": f"Person {n}",
            "sms": f"+1317{2_000_000 + n}",
            "interaction_duration_seconds": 1,  # follow-up looks then, not after a minute
        }


def soak(minutes: float) -> tuple[list[list[float]], str]:
    """So many minutes of rounds: a series for each of `MEASURED`, and what did not hold."""
    rounds: list[tuple[float, ...]] = []
    began, steady, wrong = time.monotonic(), 0, ""
    with tempfile.TemporaryDirectory(prefix="outreach-soak-") as folder, ExitStack() as stack:
        stage = Stage(Path(folder), stack)
        while time.monotonic() < began + minutes * 60 and not wrong:
            before = stage.look()
            proof = stage.play(len(rounds))
            after = stage.look()
            rounds.append((*after[:2], after[2] - before[2], after[3] - before[3]))
            if time.monotonic() < began + STEADY_SECONDS:
                steady = len(rounds)
            if not proof.balanced or proof.states != {"ended": PEOPLE}:
                wrong = f"{proof.campaign}: {proof.states} {'; '.join(proof.missing)}"
    measured = rounds[steady:] if len(rounds) - steady >= LEAST_ROUNDS else rounds
    return [list(values) for values in zip(*measured, strict=True)], wrong


def show(series: Sequence[Sequence[float]]) -> tuple[Table, bool]:
    """A line for each measure, and whether all of them are flat."""
    lines = [fit(values) for values in series]
    flat = [line.is_flat(measure.tolerance) for line, measure in zip(lines, MEASURED, strict=True)]
    table = Table(title=f"Soak: {len(series[0])} campaigns of {PEOPLE} people", title_justify="left")
    for head in ("", "mean", "slope a round", "rise in all", "may rise", "verdict"):
        table.add_column(head, justify="right" if head else "left")
    for measure, line, is_flat in zip(MEASURED, lines, flat, strict=True):
        table.add_row(measure.name, *_cells(measure, line), "flat" if is_flat else "[red]rises[/]")
    return table, all(flat)


def _cells(measure: Measured, line: Line) -> tuple[str, ...]:
    slope = f"{line.slope:+.5f} ± {line.error:.5f}"
    return f"{line.mean:.2f} {measure.unit}", slope, f"{line.rise:+.1%}", f"{measure.tolerance:.0%}"


def main() -> int:
    """Soak, print, and say by the exit code whether all stayed where it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    series, wrong = soak(parser.parse_args().minutes)
    console = Console(width=None if sys.stdout.isatty() else 110)
    if wrong:
        console.print(wrong, style="red", markup=False)
        return 1
    table, is_flat = show(series)
    console.print(table)
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
