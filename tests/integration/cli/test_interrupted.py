"""Ctrl-C before anybody is contacted: one sentence, and the exit code of what a person stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# A process that a shell began in the background ignores Ctrl-C, and so do all that it begins.
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from cli.main import main
main()
"""

WHILE_LOADING = """
import os, sys
class CtrlC:
    def find_spec(self, name, *rest):
        if name == "cyclopts":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
"""


def test_ctrl_c_while_the_command_loads_is_no_traceback() -> None:
    script = COMMAND.replace("from cli", f"{WHILE_LOADING}from cli")
    ended = subprocess.run(
        [sys.executable, "-c", script, "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 130
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("verb", [["run", "list.csv", "--campaign", "c"], ["preflight"], ["deploy"]])
def test_an_interrupted_verb_says_so(tmp_path: Path, verb: list[str]) -> None:
    (tmp_path / "list.csv").write_text("external_contact_id,name,email\nC-1,Ann,ann@example.com\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *verb],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PREFECT_API_URL": address, "no_proxy": "*"},
            stderr=subprocess.PIPE,
            text=True,
        )
        asked, _ = silent.accept()  # it waits for Prefect's server now
        with asked:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)

    assert said.endswith("outreach: Stopped. Run it again: it goes on where it stood.\n")
    assert process.returncode == 130
