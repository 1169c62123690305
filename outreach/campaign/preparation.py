"""Before anybody is contacted: can our senders serve, and whom does the organisation leave alone?"""

import logging
from datetime import datetime, timedelta

from outreach.campaign.run import Run
from outreach.errors import Forbidden
from outreach.ledger.facts import recall, remember
from outreach.ledger.suppressions import MIRRORED, mirror

log = logging.getLogger(__name__)


def check_senders(run: Run) -> dict[str, str]:
    """Channel to `available`, `not_checkable` or the code of a reason. Raises GenesysError."""
    return {str(channel): verdict for channel, verdict in run.genesys.check_senders().items()}


def mirror_do_not_contact(run: Run, *, not_older_than: timedelta) -> int:
    """Mirror the organisation's DNC lists into the suppression table, unless it is fresh; how many addresses.

    Without the permission to look, the campaign goes on by its own suppression table, and says so.

    Raises:
        GenesysError: the organisation cannot be asked.
    """
    # When it was mirrored, and how many there were.
    known = (recall(run.ledger, MIRRORED) or "").partition(" ")
    now = run.ledger.clock.now()
    if known[0] and now - datetime.fromisoformat(known[0]) < not_older_than:
        return int(known[2])
    try:
        count = mirror(run.ledger, run.genesys.list_do_not_contact(), source=MIRRORED)
    except Forbidden as error:  # the permission is optional: preflight names it
        log.warning("The do-not-contact lists are not checkable: %s", error)
        return 0
    remember(run.ledger, MIRRORED, f"{now.isoformat()} {count}")
    return count
