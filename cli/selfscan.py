"""What `outreach selfscan` looks for, and where: people and secrets, in Prefect and in files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx

from cli.prefect_api import api_url
from outreach.genesys.http.auth import unseal
from outreach.ledger.ledger import Ledger
from outreach.ledger.root_key import environment_key, key_file
from outreach.privacy.erasure import written_files
from outreach.privacy.leak_scan import Scan, files_below, scan, search_terms_of
from outreach.privacy.search_terms import SearchTerm

if TYPE_CHECKING:
    from blocks import ContactLedger, CrmWebhook, GenesysCredentials

QUERIES = ("flow_runs", "task_runs", "logs", "artifacts", "block_documents", "deployments", "variables")
"""What Prefect's API is asked for, beside its events."""

PAGE = 200
LONG = 20
"""Letters from which a path or query of a webhook's address may be its secret."""
_FERNET = re.compile(rb"gAAAA[A-Za-z0-9_-]{60,}={0,2}")


def scan_everything(ledger: Ledger, url: str | None, paths: Sequence[Path]) -> Scan:
    """Look for everything that the ledger and the saved blocks hold, in Prefect and in our own files.

    Args:
        ledger: whose people are looked for; its own files, rejects files and exports are left out.
        url: the ledger's, so that its files are known.
        paths: more files and folders to search.
    """
    home = prefect_home()
    places = [*([home] if home.is_dir() else []), *paths]
    needles = [*search_terms_of(ledger), *secrets_of_blocks(places), *_keys(ledger, url)]
    left_out = [*own_files(ledger, url), *written_files(ledger)]
    return scan(needles, [*files_below(places, left_out), *prefect_answers()])


def prefect_home() -> Path:
    """Where Prefect keeps its database, results and logs on this machine."""
    from prefect.settings import PREFECT_HOME

    return Path(PREFECT_HOME.value())


def own_files(ledger: Ledger, url: str | None) -> list[Path]:
    """The ledger's own files: they hold what is looked for."""
    database = ledger.db.engine.url.database
    if not ledger.db.is_sqlite or not database:
        return [key_file(url)] if url else []
    return [Path(database + end) for end in ("", "-wal", "-shm", "-journal", ".key")]


def _keys(ledger: Ledger, url: str | None) -> Iterator[SearchTerm]:
    if url and (key := environment_key(url)):
        yield SearchTerm("secret", "the ledger's key", key)
    for file in own_files(ledger, url):
        if file.suffix == ".key" and file.exists():
            yield SearchTerm("secret", "the ledger's key", file.read_text().strip())


def secrets_of_blocks(places: Iterable[Path]) -> Iterator[SearchTerm]:
    """The secrets of all saved blocks of ours, and the tokens that are cached under them."""
    if not api_url():
        return
    for kind, name, block in _blocks():
        values = list(_secrets(block))
        yield from (SearchTerm("secret", f"{kind}/{name}", value) for value in values)
        yield from (SearchTerm("token", f"{kind}/{name}", value) for value in _tokens(places, values))


def _blocks() -> Iterator[tuple[str, str, Any]]:
    from prefect.client.orchestration import get_client

    from blocks import ContactLedger, CrmWebhook, GenesysCredentials

    kinds: tuple[type[ContactLedger | CrmWebhook | GenesysCredentials], ...]
    kinds = (ContactLedger, CrmWebhook, GenesysCredentials)
    with get_client(sync_client=True) as client:
        for kind in kinds:
            slug = kind.get_block_type_slug()
            for document in client.read_block_documents_by_type(slug, include_secrets=True):
                yield slug, document.name or "", kind._from_block_document(document)  # noqa: SLF001 - Prefect's way to open one


def _secrets(block: Any) -> Iterator[str]:  # noqa: ANN401 - any block
    for name in type(block).model_fields:
        value = getattr(block, name)
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "get_secret_value"):
                yield from _secret_parts(one.get_secret_value())


def _secret_parts(value: str) -> Iterator[str]:
    """Of a URL, what only its owner knows: the password, and what a receiver's address ends in."""
    if "://" not in value:
        yield value
        return
    url = urlsplit(value)
    if url.scheme in ("http", "https"):
        yield from (part for part in (url.path, url.query) if len(part) >= LONG)
    if url.password:
        yield unquote(url.password)


def _tokens(places: Iterable[Path], secrets: Sequence[str]) -> Iterator[str]:
    """Tokens that stand sealed in result storage, opened: only so can they be looked for in clear."""
    files = [file for place in places for file in place.glob("storage/**/*") if file.is_file()]
    sealed = {match[0].decode() for file in files for match in _FERNET.finditer(file.read_bytes())}
    opened = (unseal(text, secret) for text in sealed for secret in secrets)
    yield from (token.value for token in opened if token)


def prefect_answers() -> Iterator[tuple[str, Iterable[bytes]]]:
    """What Prefect's API says of everything that it keeps, wherever its database is."""
    api = api_url()
    if not api:
        return
    with httpx.Client(base_url=api, timeout=60, headers=_access()) as client:
        for name in QUERIES:
            yield f"{api}/{name}", list(_pages(client, name))
        yield f"{api}/events", list(_events(client))


def _access() -> dict[str, str]:
    from prefect.settings import PREFECT_API_KEY

    key = PREFECT_API_KEY.value()
    return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


def _pages(client: httpx.Client, name: str) -> Iterator[bytes]:
    offset = 0
    while True:
        answer = client.post(f"/{name}/filter", json={"limit": PAGE, "offset": offset})
        answer.raise_for_status()
        yield answer.content
        if len(answer.json()) < PAGE:
            return
        offset += PAGE


def _events(client: httpx.Client) -> Iterator[bytes]:
    answer = client.post("/events/filter", json={"limit": 50})
    while answer.is_success:
        yield answer.content
        following = answer.json().get("next_page")
        if not following:
            return
        answer = client.get(following)
