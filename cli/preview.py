"""`outreach preview`: exactly what ten people would get; `outreach test`: one filled sample to oneself."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import AsJson, err, out, print_json

if TYPE_CHECKING:
    from outreach.decisions.preview import Preview, Previewed
    from outreach.sources.source import Source


def preview(
    source: str,
    *,
    campaign: str,
    genesys: str = "default",
    senders: str = "default",
    ledger: str = "default",
    settings: Path | None = None,
    message: str | None = None,
    channels: str | None = None,
    columns: str | None = None,
    country: str | None = None,
    json: AsJson = False,
) -> int:
    """Show exactly what ten people would get, on which channel, from whom; nothing is sent, nothing changed.

    One of each channel and language, the dearest SMS, and others in the list's order. It shows names
    and what is said to them, so it is for your terminal.

    Args:
        source: as for `outreach run`.
        campaign: its name.
        genesys: name of the credentials block.
        senders: name of the senders block.
        ledger: name of the ledger block, or a URL.
        settings: a JSON file of campaign settings.
        message: what is said, in place of the settings' message.
        channels: channel order, comma separated.
        columns: your headers to ours.
        country: where numbers without a country's code are.
        json: for machines.
    """
    from cli.dry_run import ask, ledger_if_any
    from cli.reading import look_at, timed
    from cli.settings import read_settings
    from outreach.decisions.dry_run import decide_all
    from outreach.decisions.preview import Preview
    from outreach.sources.opening import open_list

    chosen = read_settings(
        settings, source, message=message, channel_order=channels, columns=columns, country=country
    )
    look_at(source, chosen)
    now = datetime.now(timezone.utc)
    with ledger_if_any(ledger) as book:
        _, ready, sender_of, asked = ask(genesys, senders, book)
        contacts = open_list(source, chosen, asked)
        seen = Preview(chosen, sender_of)
        rows = decide_all(contacts, chosen, campaign=campaign, at=now, ledger=book, senders=ready)
        for _ in seen.watch(timed(rows, contacts)):
            pass
    if json:
        print_json({"campaign": campaign, **seen.as_json(), "people": [_as_json(one) for one in seen.show()]})
        return 0
    _show(seen, contacts)
    return 0


def _as_json(one: Previewed) -> dict[str, Any]:
    """With every word: whoever asks has the list."""
    said = one.said
    return {**one.as_json(), "text": said.text, "subject": said.subject, "html": said.html}


def _show(seen: Preview, contacts: Source) -> None:
    from outreach.report.texts_view import text_sentences

    for one in seen.show():
        size = f"{len(one.said.text)} characters"
        parts = f", segments: {one.segments}" if one.segments else ""
        sign = f", dear for {one.sign}" if one.sign else ""
        sender = f" from {one.sender}" if one.sender else ""
        out.rule(f"{one.external_contact_id} by {one.channel}{sender}: {size}{parts}{sign}", align="left")
        if one.said.subject:
            out.print(f"Subject: {one.said.subject}", markup=False)
        out.print(one.said.text, markup=False, highlight=False, soft_wrap=True)
    for sentence in text_sentences(seen.as_json()):
        out.print(f"{sentence}.", markup=False, soft_wrap=True)
    for sentence in contacts.columns_in_words:
        out.print(f"{sentence}.", markup=False, soft_wrap=True)
    out.print("Nothing was sent.")


def send_test(
    source: str,
    *,
    to: str,
    genesys: str = "default",
    senders: str = "default",
    ledger: str = "default",
    settings: Path | None = None,
    message: str | None = None,
    columns: str | None = None,
    country: str | None = None,
    json: AsJson = False,
) -> int:
    """Send one filled sample to yourself, and to nobody else: the text of the first person who has one.

    It goes out once and is never repeated. No campaign knows of it.

    Args:
        source: as for `outreach run`.
        to: your own e-mail address and number, like me@example.com,+13175550101.
        genesys: name of the credentials block.
        senders: name of the senders block.
        ledger: name of the ledger block; the sample keeps to its shared budget.
        settings: a JSON file of campaign settings.
        message: what is said, in place of the settings' message.
        columns: your headers to ours.
        country: where numbers without a country's code are.
        json: for machines.
    """
    from cli.prefect_api import prefect_api
    from cli.settings import read_settings
    from outreach.operations.sample import send_samples
    from outreach.sources.opening import open_list

    chosen = read_settings(settings, source, message=message, columns=columns, country=country)
    with prefect_api():
        from flows.opening import BlockNames, open_for_sample

        with open_for_sample(BlockNames(genesys, senders, None, ledger)) as (book, organisation):
            sent = send_samples(organisation, book, open_list(source, chosen), chosen, to.split(","))
    if json:
        print_json({"sent": [one.as_json() for one in sent]})
    else:
        for one in sent:
            (out if one.is_sent else err).print(one.sentence(), markup=False, soft_wrap=True)
    return 0 if all(one.is_sent for one in sent) else 1
