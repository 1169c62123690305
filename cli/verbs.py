"""The verbs of `outreach`: where each is, and the line that the list of all of them has of it.

A verb's module is imported when the verb is wanted. That line is the first of its docstring, as a test holds:
to import all of them for it took a fifth of `outreach --help`.
"""

_TABLE = """
cli.run:run
    Contact everybody in a source who is not contacted yet, exactly once, and prove it.
cli.status:status
    Show every campaign of a ledger on one screen: how it is, its last run, doubts, webhooks, budgets.
cli.metrics:metrics
    Serve a ledger's figures to Prometheus, until Ctrl-C: states, doubts, webhooks, budgets, proofs.
cli.columns:columns
    Show what each column of a source means, with masked samples, and what would be left out.
cli.preview:preview
    Show exactly what ten people would get, on which channel, from whom; nothing is sent, nothing changed.
cli.campaigns:stop
    Have nobody new contacted, within three seconds, by whichever process and machine; run it to go on.
cli.demo:demo
    Run a campaign of about 200 contacts here, without any account; nothing is left running.
cli.emulator:emulator
    Start a stateful Genesys Cloud for your laptop, with both APIs; Ctrl-C stops it.
cli.up:up
    Bring everything up for a person to click through; Ctrl-C ends it all.
cli.preflight:preflight
    Check credentials, permissions, senders, limits, ledger, webhook and clock; exit 1 on an ERROR.
cli.deploy:deploy
    Register block types, work pool, deployments and automations; twice changes nothing.
cli.campaigns:proof
    Count a campaign again and say whether every sum holds; exit 1 when one does not.
cli.campaigns:why
    Explain one person: every rule in order, with its input, version, local time and verdict.
cli.campaigns:export
    Write contacts in the input's format, with code, reason, retryable and next_allowed_at.
cli.campaigns:retry
    Give whose failure may pass, or whom a reason of ours kept back, another chance with the next run.
cli.campaigns:resolve
    Say what became of an outcome that nobody could find; it stands in the audit with your reason.
cli.webhooks:redeliver
    Deliver the events that wait, as the scheduled flow does; exit 1 while some are left.
cli.webhooks:replay
    Make the events of a time window due again, delivered and dead ones alike; their ids stay.
cli.webhooks:follow_up
    Follow open conversations to their end and look for outcomes in doubt, as the scheduled flow does.
cli.webhooks:replies
    List the answers that a person should read, by their conversation; their words are in Genesys alone.
cli.suppress:suppress
    Never contact these addresses again, in any campaign; contacts that wait are blocked too.
cli.ledger:ledger
    Copy a ledger, move it to PostgreSQL, or bring one that is too old up to date.
cli.audit:audit
    Verify a campaign's audit, or write it out.
cli.privacy:erase
    Forget one person in all campaigns and never contact them again; only keyed hashes stay.
cli.privacy:export_person
    Show everything that the ledger holds about one person, as JSON: the answer to a request for access.
cli.privacy:reseal
    Seal everything personal again under the ledger's newest key, so that the previous one can go.
cli.privacy:seal_contact
    Seal one contact, read as JSON from standard input, for `contact-one` by Prefect's API.
cli.privacy:selfscan
    Look for everybody's data and every secret where they must not be; exit 1 when something is found.
cli.preview:send_test
    Send one filled sample to yourself, and to nobody else: the text of the first person who has one.
"""

_LINES = [line.strip() for line in _TABLE.strip().splitlines()]

VERBS = dict(zip(_LINES[::2], _LINES[1::2], strict=True))

RENAMED = {"cli.preview:send_test": "test"}
"""Where pytest would take a function of the verb's name for a test."""
