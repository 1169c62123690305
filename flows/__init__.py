"""When: one file a flow; each reads like the story of one campaign."""

import gc
import os

_WHILE_IMPORTING = (400_000, 20, 20)

if "PREFECT__FLOW_RUN_ID" in os.environ:
    # A worker's process, which is there for one run: what it imports now stays. To look for garbage among it
    # at Python's own 700 objects takes 0.1 s, at 50,000 still 0.03. Prefect and a flow are some 255,000: at
    # 200,000, where a run begins directly (`flows/__main__.py`), all were looked through once, 0.05 s.
    gc.set_threshold(*_WHILE_IMPORTING)


def look_again() -> None:
    """What is imported by now is searched no more, what comes is: the run may be of somebody's own flow."""
    from outreach.campaign.heap import SEARCH_AFTER  # noqa: PLC0415 - the threshold comes first

    if gc.get_threshold() == _WHILE_IMPORTING:
        gc.freeze()
        gc.set_threshold(*SEARCH_AFTER)
