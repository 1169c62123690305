"""`python -m emulator --port 8780`: a Genesys Cloud on this machine, until Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import orjson

from emulator.running import serve
from emulator.state.defaults import CLIENT_ID, CLIENT_SECRET
from emulator.state.organisation import Organisation
from emulator.state.saving import Unreadable, load, save
from emulator.state.settings import Settings, WrongSetting


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; 0 when stopped, 2 for a setting or a port that can't be had."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options.set, options.config)
        org = load(options.state) if options.state and options.state.exists() else Organisation(settings)
        asyncio.run(_run(org, options))
        if options.state:
            save(org, options.state)
    except (WrongSetting, Unreadable, OSError) as error:
        sys.stderr.write(f"The emulator can't start: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback)")
    parser.add_argument("--port", type=_port, default=8780, help="port to listen on, 0 for a free one")
    parser.add_argument("--config", help="a JSON file of settings, as POST /_emulator/config takes them")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=JSON", help="one setting, repeatable"
    )
    parser.add_argument(
        "--state", type=Path, help="a file to go on from, and to leave the state in at the end"
    )
    parser.add_argument("--json", action="store_true", help="print only the line that programs read")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input is closed")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _settings(pairs: list[str], path: str | None) -> Settings:
    settings = Settings()
    try:
        if path is not None:
            settings = settings.merged(orjson.loads(Path(path).read_bytes()))
        for pair in pairs:
            name, _, value = pair.partition("=")
            settings = settings.merged({name: orjson.loads(value)})
    except orjson.JSONDecodeError as error:
        raise WrongSetting(f"the settings are not JSON ({error})") from error
    return settings


async def _run(org: Organisation, options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if options.with_parent:
        loop.add_reader(sys.stdin.fileno(), _watch_parent, loop, stopped)
    await serve(org, options.host, options.port, stopped, lambda url: _announce(url, people=not options.json))


def _watch_parent(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stopped.set()


def _announce(url: str, *, people: bool) -> None:
    """For people: how to point something at it. For programs: one line that starts with `ready`."""
    if people:
        sys.stdout.write(
            f"Genesys Cloud emulator at {url} (both APIs; Ctrl-C stops it)\n"
            f"  see it live      {url}/\n"
            f"  client           id {CLIENT_ID}, secret {CLIENT_SECRET}\n"
            f"  settings         api_url={url} login_url={url}\n"
            f"  who was reached  curl {url}/_emulator/truth\n"
        )
    line = orjson.dumps({"url": url, "pid": os.getpid()}).decode()
    sys.stdout.write(f"ready {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
