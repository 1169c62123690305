"""Logs by a setting of Prefect's: one JSON object a line, whatever a line holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SETTINGS = {
    "PREFECT_LOGGING_EXTRA_LOGGERS": "outreach",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
PROGRAM = """
import logging
from prefect.logging.configuration import setup_logging
setup_logging()
logging.getLogger("outreach.campaign").warning("batch %s [red]" + "w" * 300, 7)
"""


def test_each_line_of_ours_is_one_json_object() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**plain, **SETTINGS},  # commands that ran in this process made it quiet
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert (told["name"], told["levelname"]) == ("outreach.campaign", "WARNING")
    assert (told["msg"] % tuple(told["args"])).startswith("batch 7 [red]ww")
