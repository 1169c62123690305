"""The verb `demo`: the whole job on this machine, with an emulated Genesys Cloud and CRM."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.text import Text

from cli.console import AsJson, out, print_json
from cli.emulated import emulated_genesys, save_blocks
from cli.processes import QUIET, end_by_signals, free_port, load_flows, prefect_server
from outreach.errors import UsageError

if TYPE_CHECKING:
    from cli.emulator_truth import FarEnd

HOME = Path("out/demo")
CAMPAIGN = "demo"
FAST = "+4915100000000"
"""A number of the kind that may send ten SMS a second."""
EXAMPLES = Path(__file__).with_name("contacts.csv")  # travels with the package
LIMITS = {"requests_per_minute": 3000, "creations_per_minute": 1000}
_EMULATED = LIMITS | {"token_requests_per_minute": 3000}
OPTIONS = ("--json", *(f"--set={name}={value}" for name, value in _EMULATED.items()))


def demo(
    *,
    api: Literal["platform", "guide"] = "platform",
    route: Literal["agentless", "campaign"] = "agentless",
    source: Path | None = None,
    json: AsJson = False,
) -> int:
    """Run a campaign of about 200 contacts here, without any account; nothing is left running.

    Args:
        api: the published platform API, or the tutorial's simplified one.
        route: who sends the SMS: a call of ours for each, or Genesys' own engine.
        source: contacts of your own instead of cli/contacts.csv.
        json: for machines: the proof, and what the far end saw.
    """
    contacts = (source or EXAMPLES).absolute()
    if not contacts.exists():
        raise UsageError(f"{contacts} does not exist.", "Name a CSV file with --source.")
    began = time.monotonic()
    end_by_signals()
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ.update(QUIET)
    say = (Console(quiet=True) if json else out).print  # JSON speaks alone
    say("[bold]genesys-outreach demo[/]: a Prefect server, a Genesys Cloud and a CRM, all on this machine")
    with (
        emulated_genesys(HOME, free_port(), *OPTIONS) as genesys,
        prefect_server(HOME / "prefect", meanwhile=load_flows),
    ):
        say(f"  Genesys Cloud (emulated, {api} API) at {genesys}")
        say("  its limits are ten times the published ones, so that nobody need wait")
        save_blocks(genesys, HOME, api=api, org_id="demo", emails_per_minute=3000, **LIMITS)
        if route == "campaign":
            _hurry(genesys)
            say("  its clock runs 15 times as fast, and its number may send ten SMS a second")
        green, far_end = _campaign(contacts, genesys, route, show=not json)
    took = time.monotonic() - began
    say(f"\nNothing is left running. It took {took:.0f} s. Look again: {_ourselves()} proof demo")
    return 0 if green and far_end.agrees else 1


def _ourselves() -> Path:
    """The command as it can be typed here, also where its environment is not active."""
    command = Path(sys.executable).with_name("outreach")
    return command.relative_to(Path.cwd()) if command.is_relative_to(Path.cwd()) else command


def _contacted(genesys: str) -> int:
    """How many interactions the emulator has really seen."""
    import httpx

    answer = httpx.get(f"{genesys}/_emulator/truth", params={"limit": 1}, trust_env=False)
    return int(answer.json()["count"])


def _hurry(genesys: str) -> None:
    """At one SMS a second most of the demo would be waiting for the engine."""
    import httpx

    from blocks import Senders
    from blocks.stored import load_block

    for what, told in (("clock", {"speed": 15}), ("config", {"sms_numbers": {FAST: "ACTIVE"}})):
        httpx.post(f"{genesys}/_emulator/{what}", json=told, trust_env=False).raise_for_status()
    senders = load_block(Senders, "default")
    senders.sms_from = FAST
    senders.save("default", overwrite=True)


def _word(far_end: FarEnd, again: int) -> Text:
    """What the far end saw, and what the second run did, in two sentences."""
    if far_end.agrees:
        words = f"The far end saw {far_end.people} people, each once, on the right address and channel."
    else:
        words = (
            f"THE FAR END DISAGREES: {far_end.twice} people twice, {far_end.wrong} not as the ledger says."
        )
    return Text(f"{words}\nThe same campaign run again contacted {again or 'nobody'}.")


def _campaign(contacts: Path, genesys: str, route: str, *, show: bool) -> tuple[bool, FarEnd]:
    from cli.emulator_truth import compare
    from cli.progress import progress_of
    from flows.campaign import run_campaign
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.opening import open_ledger
    from outreach.report.figures.gather import gather
    from outreach.report.terminal import show_report
    from outreach.settings import CampaignSettings, Route

    settings = CampaignSettings(message="Hello", output=str(HOME))
    if route == "campaign":
        looks = (0.5, 1.0, 2.0, 4.0)
        settings = settings.model_copy(update={"route": Route.CAMPAIGN, "look_after_seconds": looks})
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
