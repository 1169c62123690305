"""An emulated organisation on this machine, and the blocks that lead to it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cli.processes import child, past_proxies, pointed_to, wait_until_up


@contextlib.contextmanager
def emulated_genesys(home: Path, port: int, *options: str) -> Iterator[str]:
    """Run the emulator for the length of the block, its log below `home`; yields its URL."""
    url, log = f"http://127.0.0.1:{port}", home / "emulator.log"
    command = [sys.executable, "-m", "emulator", "--port", str(port), *options]
    with child(command, log, {}) as process:
        wait_until_up("The emulator", f"{url}/_emulator/state", process, log)
        with pointed_to(past_proxies()):
            yield url


def save_blocks(genesys: str, home: Path, **credentials: Any) -> None:  # noqa: ANN401 - the block checks them
    """Save all four blocks as `default`: the emulator for Genesys and CRM, and a ledger below `home`."""
    import httpx

    from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
    from outreach.webhook.signing import new_secret

    known = httpx.get(f"{genesys}/_emulator/state", trust_env=False).json()["ids"]
    client = {name: known[name] for name in ("client_id", "client_secret")}
    secret = new_secret()
    receiver = f"{genesys}/_emulator/webhooks?secret={quote(secret, safe='')}"
    for block in (
        GenesysCredentials(**client, login_url=genesys, api_url=genesys, **credentials),
        Senders(**{name: known[name] for name in Senders.model_fields if name in known}),
        CrmWebhook(url=receiver, signing_secret=secret, allow_private=True),
        ContactLedger(url=f"sqlite:///{(home / 'ledger.db').absolute()}"),
    ):
        block.save("default", overwrite=True)
