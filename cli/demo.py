"""The verb `demo`: the whole job on this machine, with an emulated Genesys Cloud and CRM."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from rich.text import Text

from cli.console import AsJson, out, print_json
from cli.processes import QUIET, child, end_by_signals, free_port, prefect_server, wait_until_up
from outreach.errors import UsageError

if TYPE_CHECKING:
    from cli.emulator_truth import FarEnd

HOME = Path("out/demo")
CAMPAIGN = "demo"
REQUESTS_PER_MINUTE = 3000
CREATIONS_PER_MINUTE = 1000


def demo(
    *, api: Literal["platform", "guide"] = "platform", source: Path | None = None, json: AsJson = False
) -> int:
    """Run a campaign of about 200 contacts here, without any account; nothing is left running.

    Args:
        api: the published platform API, or the tutorial's simplified one.
        source: contacts of your own instead of examples/contacts.csv.
        json: for machines: the proof, and what the far end saw.
    """
    contacts = (source or _examples()).absolute()
    if not contacts.exists():
        raise UsageError(f"{contacts} does not exist.", "Name a CSV file with --source.")
    began = time.monotonic()
    end_by_signals()
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ.update(QUIET)
    say = _say_nothing if json else out.print
    say("[bold]genesys-outreach demo[/]: a Prefect server, a Genesys Cloud and a CRM, all on this machine")
    with _emulator() as genesys, prefect_server(HOME / "prefect"):
        say(f"  Genesys Cloud (emulated, {api} API) at {genesys}")
        say("  its limits are ten times the published ones, so that nobody need wait")
        _save_blocks(genesys, api)
        green, far_end = _campaign(contacts, genesys, show=not json)
    took = time.monotonic() - began
    say(f"\nNothing is left running. It took {took:.0f} s. Look again: .venv/bin/outreach proof demo")
    return 0 if green and far_end.agrees else 1


def _say_nothing(*_words: object) -> None:
    """JSON speaks alone."""


@contextlib.contextmanager
def _emulator() -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "emulator", "--json", "--port", str(port)]
    for name, value in (
        ("requests_per_minute", REQUESTS_PER_MINUTE),
        ("token_requests_per_minute", REQUESTS_PER_MINUTE),
        ("creations_per_minute", CREATIONS_PER_MINUTE),
    ):
        command += ["--set", f"{name}={value}"]
    log = HOME / "emulator.log"
    with child(command, log, {}) as process:
        wait_until_up("The emulator", f"{url}/_emulator/state", process, log)
        yield url


def _save_blocks(genesys: str, api: Literal["platform", "guide"]) -> None:
    import httpx

    from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
    from outreach.webhook.signing import new_secret

    known = httpx.get(f"{genesys}/_emulator/state", trust_env=False).json()["ids"]
    secret = new_secret()
    crm = f"{genesys}/_emulator/webhooks?secret={quote(secret, safe='')}"
    GenesysCredentials(
        client_id=known["client_id"],
        client_secret=known["client_secret"],
        api=api,
        org_id="demo",
        login_url=genesys,
        api_url=genesys,
        requests_per_minute=REQUESTS_PER_MINUTE,
        creations_per_minute=CREATIONS_PER_MINUTE,
    ).save("default", overwrite=True)
    Senders(
        **{
            name: known[name]
            for name in ("sms_from", "email_from", "voice_queue_id", "chat_from", "chat_type")
        }
    ).save("default", overwrite=True)
    CrmWebhook(url=crm, signing_secret=secret, allow_private=True).save("default", overwrite=True)
    ContactLedger(url=f"sqlite:///{(HOME / 'ledger.db').absolute()}").save("default", overwrite=True)


def _contacted(genesys: str) -> int:
    """How many interactions the emulator has really seen."""
    import httpx

    answer = httpx.get(f"{genesys}/_emulator/truth", params={"limit": 1}, trust_env=False)
    return int(answer.json()["count"])


def _word(far_end: FarEnd, again: int) -> Text:
    """What the far end saw, and what the second run did, in two sentences."""
    if far_end.agrees:
        words = f"The far end saw {far_end.people} people, each once, on the right address and channel."
    else:
        words = (
            f"THE FAR END DISAGREES: {far_end.twice} people twice, {far_end.wrong} not as the ledger says."
        )
    return Text(f"{words}\nThe same campaign run again contacted {again or 'nobody'}.")


def _examples() -> Path:
    """The example contacts of this checkout."""
    return Path(__file__).parent.parent / "examples" / "contacts.csv"


def _campaign(contacts: Path, genesys: str, *, show: bool) -> tuple[bool, FarEnd]:
    from cli.emulator_truth import compare
    from cli.progress import progress_of
    from flows.campaign import run_campaign
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.opening import open_ledger
    from outreach.report.figures.gather import gather
    from outreach.report.terminal import show_report
    from outreach.settings import CampaignSettings

    settings = CampaignSettings(output=str(HOME))
    with progress_of(CAMPAIGN) as terminal:
        first = run_campaign(str(contacts), CAMPAIGN, settings=settings, return_state=True)
    before = _contacted(genesys)
    again = run_campaign(str(contacts), CAMPAIGN, settings=settings, return_state=True)
    with open_ledger(f"sqlite:///{HOME / 'ledger.db'}", actor="outreach demo") as ledger:
        campaign = find_campaign(ledger, CAMPAIGN)
        figures = gather(ledger, campaign, usage=terminal.usage)
        far_end = compare(genesys, ledger, campaign)
    if show:
        out.print(show_report(figures, report=HOME / f"{CAMPAIGN}-report.html"))
        out.print(_word(far_end, _contacted(genesys) - before))
    else:
        print_json(
            {"proof": figures.proof.as_json(), "far_end": asdict(far_end) | {"agrees": far_end.agrees}}
        )
    return first.is_completed() and again.is_completed() and _contacted(genesys) == before, far_end
