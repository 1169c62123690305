"""The command in a process of its own, forked from one that has imported it: importing takes longest.

test ──a line of JSON──> imported once ──fork──> chdir, main(), exit code ──a line──> test
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG", "OUTREACH_WITNESS_FOLDER")


def outreach(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`outreach ...` in a folder."""
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        order = {"arguments": arguments, "cwd": str(cwd), "out": out.name, "err": err.name}
        server = _server()
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


@functools.lru_cache(maxsize=1)
def _server() -> subprocess.Popen[str]:
    """It ends when its input does: with the test's process."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.forks"],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def serve() -> None:
    """Answer each order with the exit code of its process."""
    import cli.main
    import flows.campaign
    import flows.preflight  # noqa: F401 - imported for the processes to come

    for line in sys.stdin:
        if not (child := os.fork()):
            _become(json.loads(line))
            os._exit(_code_of(cli.main.main))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _code_of(main: Callable[[], None]) -> int:
    """As the interpreter ends, without taking apart all that was imported: that takes longest."""
    code: object = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    except BaseException:  # noqa: BLE001 - whatever it is would be a traceback on the terminal
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


def _become(order: dict[str, Any]) -> None:
    """The process that the order describes, as a shell would start it."""
    for number, place in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        with contextlib.closing(os.fdopen(os.open(place, os.O_RDWR), "rb", closefd=True)) as file:
            os.dup2(file.fileno(), number)
    os.chdir(order["cwd"])
    sys.argv = ["outreach", *order["arguments"]]


if __name__ == "__main__":
    serve()
