"""Preflight: credentials, permissions, senders, limits, ledger, webhook, clock, and Prefect itself."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from functools import partial
from typing import Any

import prefect
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.stored import load_block
from flows import clock_changes
from flows.clock_changes import find_odd_times
from flows.dispatch import DEPLOYMENT
from flows.opening import BlockNames, open_ledger
from flows.parameters import BlockName
from flows.schedules import ADVICE, find_unscheduled
from flows.witness import PrefectWitness
from outreach.clock import SystemClock
from outreach.ledger.ledger import Ledger
from outreach.operations.preflight import Check, Level, Targets, worst
from tasks.preflight import check


@flow(
    name="preflight",
    flow_run_name="preflight-{genesys}",
    description="Check that a campaign could run. Nobody is contacted.",
    retries=0,
)
def preflight(
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
) -> State[list[dict[str, Any]]]:
    """Check everything that a campaign needs; the run is red when something is an ERROR.

    Args:
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.

    Returns:
        The checks: name, level (OK, WARN, ERROR), what, advice.
    """
    checks = check(genesys, partial(gather, BlockNames(genesys, senders, webhook, ledger)), check_prefect())
    errors = [each.name for each in checks if each.level is Level.ERROR]
    data = [each.as_json() for each in checks]
    if worst(checks) is Level.ERROR:
        return Failed(message=f"Not ready: {', '.join(errors)}", data=data)
    return Completed(message=f"Ready: {len(checks)} checks, {worst(checks).value}", data=data)


def gather(names: BlockNames) -> Targets:
    """The named blocks, as the checks open them.

    Raises:
        SettingsError: a block is missing.
    """
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders() if credentials.api == "platform" else None
    webhook = load_block(CrmWebhook, names.webhook) if names.webhook else None
    return Targets(
        ledger=partial(open_anywhere, names.ledger),
        login=credentials.fetch_token,
        genesys=lambda token: credentials.open(senders, sealed_token=token),
        webhook=webhook.open if webhook else None,
        budget=credentials.requests_per_minute,
        tokens=credentials.tokens,
        clock=SystemClock(),
        witnesses=[PrefectWitness()],
    )


def open_anywhere(name: str) -> AbstractContextManager[Ledger]:
    """The ledger of a block, as a deployment's run would open it."""
    load_block(ContactLedger, name).refuse_relative()
    return open_ledger(name)


def check_prefect() -> list[Check]:
    """The server's version against ours, the deployment that workers need, and the runs of schedules."""
    with get_client(sync_client=True) as client:
        version = client.api_version()
        try:
            client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            advice = "Only needed for dispatch to a work pool: `outreach deploy`."
            missing = Check("deployments", Level.WARN, f"There is no deployment {DEPLOYMENT}.", advice)
        else:
            missing = Check("deployments", Level.OK, "They are there.")
        unscheduled = find_unscheduled(client)
        odd = find_odd_times(client, datetime.now(timezone.utc))
    server = _check_version(version)
    changes = [Check("clock changes", Level.WARN, f"{sentence}.", clock_changes.ADVICE) for sentence in odd]
    return [server, missing, _check_schedules(unscheduled), *changes]


def _check_schedules(unscheduled: Sequence[str]) -> Check:
    if not unscheduled:
        return Check("schedules", Level.OK, "Whatever is switched on has runs to come.")
    what = f"The server makes no runs for {', '.join(unscheduled)}, though their schedules are on."
    return Check("schedules", Level.WARN, what, ADVICE)


def _check_version(server: str) -> Check:
    if server == prefect.__version__:
        return Check("prefect", Level.OK, f"The server is {server}, as we are.")
    what = f"The server is {server}, we are {prefect.__version__}."
    return Check("prefect", Level.WARN, what, "Run the server and the workers in one version.")
