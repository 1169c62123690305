"""How many task runs a flow run had, by Prefect's API."""

from __future__ import annotations

import time

import httpx

WAIT_SECONDS, STILL_SECONDS = 120.0, 5.0


def count_task_runs(api: str, flow_run: str) -> int:
    """Counted until the number stands still: Prefect writes task runs down some time after they happened."""
    query = {"flow_runs": {"name": {"any_": [flow_run]}}}
    count, since = -1, time.monotonic()
    until = since + WAIT_SECONDS
    with httpx.Client(timeout=60, trust_env=False, verify=False) as client:
        while time.monotonic() < min(until, since + STILL_SECONDS):
            answer = client.post(f"{api}/task_runs/count", json=query)
            now = count if answer.status_code == 503 else int(answer.raise_for_status().json())
            if now != count:
                count, since = now, time.monotonic()
            time.sleep(0.5)
    return count
