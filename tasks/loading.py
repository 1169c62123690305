"""Contacts into the ledger, and what the organisation says of senders and do-not-contact lists."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.loading import load_source
from outreach.campaign.preparation import Mirrored, check_senders, mirror_do_not_contact
from outreach.campaign.run import Run
from outreach.report.wording import numbers_sentence
from outreach.sources.source import Source
from tasks.policies import (
    DNC_MIRRORED,
    RETRIES,
    RETRY_DELAYS,
    SENDERS_CACHED,
    DomainKey,
    is_transient,
    is_worth_a_wait,
)
from tasks.references import Reference


@task(
    name="load",
    task_run_name="load-{campaign}",
    cache_policy=NO_CACHE,  # the ledger knows what it has
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def load(
    campaign: str,  # noqa: ARG001 - the run's name
    run: Reference[Run],
    contacts: Callable[[], Source],
    rejects: Path | None,
) -> dict[str, int]:
    """Every row of the source in a named place; returns how many in which."""
    source = contacts()
    with run() as opened:
        loaded = asdict(load_source(opened, source, rejects))
    get_run_logger().info(
        "%(rows_read)s rows: %(accepted)s accepted, %(rejected)s rejected, %(duplicates)s duplicates, "
        "%(known)s known already",
        loaded,
    )
    if said := numbers_sentence(source.numbers):
        get_run_logger().info(said)
    for note in source.notes:
        get_run_logger().warning("%s: %s", source.label, note)
    for said in source.columns_in_words:
        get_run_logger().warning(said) if said == source.ignored_in_words else get_run_logger().info(said)
    return loaded


@task(
    name="check-senders",
    task_run_name="check-senders-{name}",
    cache_policy=DomainKey(parameter="key", prefix="senders"),
    cache_expiration=SENDERS_CACHED,
    persist_result=True,
    result_serializer="json",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_worth_a_wait,
)
def ready_senders(name: str, key: str, run: Reference[Run]) -> dict[str, str]:  # noqa: ARG001 - the run's name, and the cache's key
    """Channel to `available`, `not_checkable` or the reason why our sender cannot serve it."""
    with run() as opened:
        return check_senders(opened)


@task(
    name="mirror-do-not-contact",
    task_run_name="mirror-do-not-contact-{name}",
    cache_policy=NO_CACHE,  # its result is the ledger, which knows how old it is
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_worth_a_wait,
)
def mirror(name: str, run: Reference[Run]) -> Mirrored:  # noqa: ARG001 - the run's name
    """The organisation's do-not-contact lists as keyed hashes in the ledger; what is known of them."""
    with run() as opened:
        return mirror_do_not_contact(opened, not_older_than=DNC_MIRRORED)
