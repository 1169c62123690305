"""The verbs of a campaign that was run: stop, proof, why, export, retry, resolve."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from cli.console import AsJson, LedgerName, PerhapsInstant, out, print_json
from cli.files import Force, place
from cli.ledgers import open_named
from outreach.counting import counted
from outreach.errors import UsageError

if TYPE_CHECKING:
    from outreach.settings import CampaignSettings

_CALLED = frozenset({"intent", "started", "ended", "unknown"})
"""The states of whoever was called, or may have been."""


def proof(campaign: str, *, ledger: LedgerName = None, json: AsJson = False) -> int:
    """Count a campaign again and say whether every sum holds; exit 1 when one does not.

    What the CRM was not told yet is listed with the reason; it makes no proof red.

    Args:
        campaign: its name.
    """
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.deliveries import find_undelivered
    from outreach.ledger.proof import prove
    from outreach.report.terminal import proof_table

    with open_named(ledger, "proof") as book:
        found = find_campaign(book, campaign)
        result, undelivered = prove(book, found), find_undelivered(book, campaign_id=found.id)
    if json:
        print_json({**result.as_json(), "undelivered": undelivered})
        return 0 if result.balanced else 1
    out.print(proof_table(result))
    for row in undelivered:
        why_not = f"{row['code']} {row['status'] or ''}".strip()
        out.print(f"{row['events']} {row['event']} {row['state']}: {why_not}, since {row['oldest']}")
    return 0 if result.balanced else 1


def why(
    campaign: str, contact: str, *, at: PerhapsInstant = None, ledger: LedgerName = None, json: AsJson = False
) -> None:
    """Explain one person: every rule in order, with its input, version, local time and verdict.

    A row that was rejected is explained by its code.

    Args:
        campaign: its name.
        contact: the external contact id.
        at: decide afresh, as of this instant (ISO-8601); without it, as it was decided.
    """
    from cli.why import show_explanation
    from outreach.decisions.why import explain
    from outreach.ledger.campaigns import find_campaign

    with open_named(ledger, "why") as book:
        answer = explain(book, find_campaign(book, campaign), contact, at=at)
    if json:
        print_json(answer)
    else:
        show_explanation(answer)


def export(
    campaign: str,
    *,
    state: str = "failed,blocked,held",
    to: Path | None = None,
    force: Force = False,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Write contacts in the input's format, with code, reason, retryable and next_allowed_at.

    Mend the file and feed it back to `outreach run`: only the mended rows are new.

    Args:
        campaign: its name.
        state: states, comma separated; `rejected` too.
        to: the file; default out/CAMPAIGN-STATES.csv. A file that was changed since it was exported, or that
            this program did not make, is not replaced.
    """
    from outreach.ledger.audit.notes import is_as_written
    from outreach.ledger.campaigns import find_campaign
    from outreach.operations.export import check_states, export_contacts

    states = [name.strip() for name in state.split(",") if name.strip()]
    check_states(states)
    with open_named(ledger, "export") as book:
        found = find_campaign(book, campaign)
        name = f"{found.name}-{'-'.join(states)}.csv"
        path = place(to, name, force=force, ours=partial(is_as_written, book))
        count = export_contacts(book, found, states, path)
    if json:
        print_json({"campaign": campaign, "states": states, "rows": count, "file": str(path)})
    elif not count:
        out.print(
            f"Nobody of {found.name} is {' or '.join(states)}; {path} has the header alone.", soft_wrap=True
        )
    else:
        # Unbroken: a command that is cut in two cannot be copied.
        out.print(
            f"{count} row{'' if count == 1 else 's'} in {path}; the column reason says what to mend.",
            soft_wrap=True,
        )
        named = os.environ.get("OUTREACH_LEDGER") if ledger is None else ledger
        # None of people that were called: in another ledger they are new. And `run` takes no URL.
        if _CALLED.isdisjoint(states) and "://" not in (named or ""):
            where = ["--ledger", named] if named else []
            message, settings = _said_before(found.settings)
            back = shlex.join(["outreach", "run", str(path), "--campaign", found.name, *message, *where])
            out.print(f"Then feed the file back{settings}: {back}", soft_wrap=True)


def _said_before(settings: CampaignSettings) -> tuple[list[str], str]:
    """Its message as an option, and words where there is more: a run takes nothing from the one before."""
    message = ["--message", settings.message] if isinstance(settings.message, str) else []
    others = settings.model_dump(exclude_defaults=True, exclude={"message"} if message else set())
    return message, ", with the settings of its run" if others else ""


def retry(
    campaign: str,
    *,
    refused: Annotated[bool, Parameter(negative="")] = False,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Give whose failure may pass, or whom a reason of ours kept back, another chance with the next run.

    Args:
        campaign: its name.
        refused: also whom Genesys refused, once the cause is mended: a sender that was deleted, a field that
            it asked for. Nobody of them was contacted.
        ledger: where it is.
        json: for machines.
    """
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.contacts import list_retryable
    from outreach.operations.resolution import retry_failed, retry_kept_back

    with open_named(ledger, "retry", "write") as book:
        found = find_campaign(book, campaign)
        count = retry_failed(book, found, refused=refused) + retry_kept_back(book, found)
        left = sum(map(len, list_retryable(book, found.id, refused=True)))
    if json:
        print_json({"campaign": campaign, "retried": count, "refused": left})
    else:
        again = counted(count, "contact goes again", "contacts go again")
        out.print(f"{again} with the next run of {campaign}.")
        if left:
            were = counted(left, "contact was", "contacts were")
            told = f"{were} refused by Genesys: mend why (outreach export), then outreach retry --refused."
            out.print(told, soft_wrap=True)


def resolve(
    campaign: str,
    contact: str | None = None,
    *,
    outcome: Annotated[Literal["started", "released"], Parameter(name="--as")],
    reason: str,
    conversation: str | None = None,
    all_for: str | None = None,
    state: Literal["held", "unknown", "deferred"] = "held",
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Say what became of an outcome that nobody could find; it stands in the audit with your reason.

    It is for who is unknown, held, deferred as earlier_attempt_unsure, or blocked for a reason of ours.

    Args:
        campaign: its name.
        contact: the external contact id; or many at once with --all-for.
        all_for: release everybody who waits for this reason, such as poison: the code that `export` shows.
        state: with --all-for, those who are held, still looked for (unknown), or deferred.
        outcome: started (the person was contacted) or released (they were not, and may be).
        reason: why you are sure.
        conversation: the conversation's id, where there is one.
    """
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.states import State
    from outreach.operations.resolution import release_waiting
    from outreach.operations.resolution import resolve as decide

    _check_whom(contact, all_for, outcome)
    with open_named(ledger, "resolve", "write") as book:
        found = find_campaign(book, campaign)
        if contact is not None:
            decide(book, found, contact, outcome, conversation_id=conversation, reason=reason)
        elif all_for is not None:
            count = release_waiting(book, found, all_for, reason=reason, state=State(state))
            shown = {"campaign": campaign, "all_for": all_for, "state": state, "released": count}
            released = counted(count, "contact is released.", "contacts are released.")
            print_json(shown) if json else out.print(released)
            return
    if json:
        print_json({"campaign": campaign, "contact": contact, "outcome": outcome})
    else:
        out.print(f"{contact} is {outcome}.")


def _check_whom(contact: str | None, all_for: str | None, outcome: str) -> None:
    if (contact is None) == (all_for is None):
        raise UsageError("Name one contact, or many with --all-for REASON.", "For example --all-for poison.")
    if all_for is not None and outcome != "released":
        raise UsageError("Many at once can only be released.", "That one started is said of each alone.")


def stop(campaign: str, *, reason: str = "", ledger: LedgerName = None, json: AsJson = False) -> None:
    """Have nobody new contacted, within three seconds, by whichever process and machine; run it to go on.

    What is in the air is followed through. A run that begins later goes on, a scheduled one too: pause its
    deployment if it must not.

    Args:
        campaign: its name.
        reason: why, for the run's state and the audit.
    """
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.contacts import count_in
    from outreach.ledger.runs import stop_campaign
    from outreach.ledger.states import CONTACTED, WAITING

    with open_named(ledger, "stop", "write") as book:
        found = find_campaign(book, campaign)
        because = f": {reason.rstrip('.')}." if reason else "."
        stop_campaign(book, found, f"Stopped by {book.actor}{because}", by=book.actor)
        contacted, waiting = (count_in(book, found.id, states) for states in (CONTACTED, WAITING))
    if json:
        print_json({"campaign": campaign, "contacted": contacted, "waiting": waiting})
        return
    out.print(
        f"{campaign} is stopped. {contacted:,} contacted so far, {waiting:,} not yet. "
        f"Run it again to go on: outreach run SOURCE --campaign {campaign}",
        soft_wrap=True,
    )
