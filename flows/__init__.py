"""When: one file a flow; each reads like the story of one campaign."""

import gc
import os

if "PREFECT__FLOW_RUN_ID" in os.environ:
    # A worker's process, which is there for one run: what it imports now stays. To look for garbage among it
    # at Python's own 700 objects takes 0.1 s, at 50,000 still 0.03. The run itself looks more often again.
    gc.set_threshold(200_000, 20, 20)
