"""Reading conversations one by one: one that cannot be read keeps nobody else waiting."""

import logging
from collections.abc import Callable, Iterable

from outreach.errors import GenesysError, RateLimited, Unauthorized
from outreach.genesys.interface import Conversation

log = logging.getLogger(__name__)


def read_each(
    wanted: Iterable[str], read: Callable[[str], Conversation | None], *, others_shown: bool = False
) -> dict[str, Conversation]:
    """Those that are shown, by their ids; of those that are deleted, or not ours to see, the log tells.

    Args:
        wanted: the conversations.
        read: asks for one; None where it is not known.
        others_shown: whether others were read just now, so that the trouble is not everybody's.

    Raises:
        GenesysError: nobody can be read, or not now.
    """
    seen: dict[str, Conversation] = {}
    unread: list[GenesysError] = []
    for conversation_id in wanted:
        try:
            found = read(conversation_id)
        except GenesysError as error:  # noqa: PERF203 - each by itself
            if not _is_of_one(error, unread):
                raise
            unread.append(error)
        else:
            seen |= {conversation_id: found} if found else {}
    if unread and not (seen or others_shown):
        raise unread[0]
    if unread:
        log.warning("%s conversations cannot be read, the others were: %s", len(unread), unread[0])
    return seen


def _is_of_one(error: GenesysError, before: list[GenesysError]) -> bool:
    """Whether another one may be read all the same."""
    if isinstance(error, (Unauthorized, RateLimited)):
        return False
    # A 5xx takes three tries and 6 seconds: after a second one it is the system's.
    return 400 <= error.status < 500 or (error.status >= 500 and all(each.status < 500 for each in before))
