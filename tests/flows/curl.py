"""Prefect's API by curl, as a person would ask it."""

from __future__ import annotations

import subprocess
from typing import Any

import orjson


def curl(url: str, body: object = None) -> Any:
    """What the URL answers, to a GET, or to a POST of JSON."""
    # Prefect answers 503 while its SQLite is busy; curl asks again then.
    command = ["curl", "--silent", "--show-error", "--fail", "--retry", "5", "--noproxy", "*", url]
    if body is not None:
        command += ["--json", orjson.dumps(body).decode()]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return orjson.loads(done.stdout)
