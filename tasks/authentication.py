"""Logging in: once for all runs and workers, the token cached encrypted."""

from collections.abc import Callable

from prefect import task

from outreach.genesys.http.auth import SealedToken
from tasks.policies import RETRIES, RETRY_DELAYS, TOKEN_CACHED, DomainKey, is_worth_a_wait


@task(
    name="authenticate",
    task_run_name="authenticate-{name}",
    cache_policy=DomainKey(parameter="key", prefix="token"),
    cache_expiration=TOKEN_CACHED,
    persist_result=True,
    result_serializer="json",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_worth_a_wait,
)
def authenticate(name: str, key: str, login: Callable[[], SealedToken]) -> str:  # noqa: ARG001 - the run's name, and the cache's key
    """The organisation's token, sealed with a key derived from the client secret.

    Args:
        name: the credentials block's name.
        key: tells two clients apart without naming them; what the cache goes by.
        login: fetches a token.
    """
    return login().text
