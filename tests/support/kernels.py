"""A real notebook kernel: cells in; out comes what they print, show and return."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from outreach.webhook.signing import new_secret

Cell = Callable[[str], str]
ROOT = Path(__file__).parents[2]


def cells_of_readme() -> tuple[str, str]:
    """README's lines, that save and that run, with its three dots filled in by somebody."""
    saving, running = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return saving.replace("whsec_...", new_secret()).replace('"..."', '"an-id-or-a-secret"'), running


@contextlib.contextmanager
def kernel(python: Path, folder: Path, env: Mapping[str, str]) -> Iterator[Cell]:
    """What runs a cell in a kernel of this Python, which stands in the folder; a cell that raises fails."""
    jupyter = pytest.importorskip("jupyter_client")
    manager = jupyter.KernelManager()
    manager.kernel_spec.argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.start_kernel(cwd=str(folder), env=dict(env))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield partial(_run, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _run(client: Any, cell: str) -> str:
    said: list[str] = []

    def hear(message: Any) -> None:
        content = message["content"]
        said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

    reply = client.execute_interactive(cell, timeout=300, output_hook=hear)["content"]
    assert reply["status"] == "ok", "\n".join([*said, *reply.get("traceback", ())])
    return "".join(said)
