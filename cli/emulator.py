"""The verb `emulator`: a Genesys Cloud on this machine, and how to point things at it."""

import os
import sys
from pathlib import Path


def emulator(*, port: int = 8780, host: str = "127.0.0.1", state: Path | None = None) -> None:
    """Start a stateful Genesys Cloud for your laptop, with both APIs; Ctrl-C stops it.

    Args:
        port: 0 takes a free one.
        host: the address to listen on.
        state: a file to go on from, and to leave the state in at the end.
    """
    command = [sys.executable, "-m", "emulator", "--host", host, "--port", str(port)]
    command += ["--state", str(state)] if state else []
    os.execv(sys.executable, command)  # noqa: S606 - our own program, in our place: Ctrl-C is its own
