"""What a reference means: a file's address, or a database and a query. No password may stand in it.

    contacts.csv, /data/contacts.csv.gz, file:///data/contacts.jsonl, s3://bucket/contacts.parquet
    zip://contacts.csv::s3://bucket/export.zip
    postgresql://reader:${CRM_PASSWORD}@crm.example/crm#SELECT id AS external_contact_id, ...

Prefect stores a flow's parameters in clear, so secrets come from the environment by `${NAME}`.
"""

import os
import re
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from outreach.errors import SourceError
from outreach.sources.files import Location

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ONLY_VARIABLES = re.compile(r"(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+\Z")
_DATABASES = frozenset({"sqlite", "postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle"})
_SELECTS = re.compile(r"\s*(?:select|with)\s", re.IGNORECASE)
_WEB = frozenset({"http", "https", "file"})
_SHEETS = re.compile(
    r"(https://docs\.google\.com/spreadsheets/d/(?:e/)?[\w-]+)/?(?P<rest>[^?#]*)(?P<said>.*)\Z"
)
_GID = re.compile(r"[?&#]gid=([0-9]+)")
_USER_PART = re.compile(r"://(?P<user>[^/?#:@]*)(?::(?P<password>[^@]*))?@")
_SECRET_PARAMETER = re.compile(
    r"[?&;][^=&#]*?(?:password|passwd|pwd|secret|token|signature|credential|\bsig|\bkey|[_-]key)[^=&]*=([^&#]*)",
    re.IGNORECASE,
)


class QueryReference(NamedTuple):
    """A database and what to ask it. `url` has its variables expanded, `label` is safe to log."""

    url: str
    query: str
    label: str
    secrets: tuple[str, ...]
    """What came from the environment; never to be repeated in a message."""


def parse_reference(reference: str) -> Location | QueryReference:
    """What the reference means. Raises SourceError."""
    reference = reference.strip()
    if not reference:
        raise SourceError("The source is empty.", "Name a file, a URL, or a database URL with a query.")
    url, marked, query = reference.partition("#")
    # A URL that is one variable shows its kind only by the query behind it.
    if _is_database(url, query) or (marked and _ONLY_VARIABLES.match(url)):
        return _query_reference(url, query.strip())
    if _ONLY_VARIABLES.match(reference):
        return _hidden_location(reference)
    return _location(reference)


def _is_database(url: str, query: str) -> bool:
    head, found, _ = url.partition("://")
    scheme, driver, _ = head.lower().partition("+")
    if not found or "::" in head:
        return False
    if scheme in _DATABASES or driver:
        return True
    # Other packages bring dialects; one that is missing is known by the query, and then named.
    return scheme not in _WEB and (bool(_SELECTS.match(query)) or _has_dialect(scheme))


def _has_dialect(scheme: str) -> bool:
    return any(each.name == scheme for each in entry_points(group="sqlalchemy.dialects"))


def _hidden_location(reference: str) -> Location:
    """A file whose address is in the environment, and may be a secret as a whole."""
    url = _expand(reference)[0].strip()
    found = _location(url, checked=False)
    return Location(found.url, reference, found.name)


def _query_reference(url: str, query: str) -> QueryReference:
    label = _label(url)
    if not query:
        raise SourceError(f"{label} has no query.", "Add one after a #, like URL#SELECT ... FROM contacts.")
    _refuse_passwords(url, label)
    expanded, secrets = _expand(url)
    return QueryReference(expanded, query, f"{label} (query)", secrets)


def _location(reference: str, *, checked: bool = True) -> Location:
    reference = _as_export(reference)
    label = _label(reference)
    if checked:
        _refuse_passwords(reference, label)
    url = _expand(reference)[0] if "://" in reference else os.path.expanduser(reference)  # noqa: PTH111
    path = PurePosixPath(urlsplit(reference.partition("::")[0]).path if "://" in reference else reference)
    name = PurePosixPath(path.name or reference.partition("::")[0].partition("://")[2])
    known = "sheet.csv" if _SHEETS.match(reference) else str(name)
    return Location(url, label, known)


def _as_export(reference: str) -> str:
    """A link to a Google sheet, as people copy it from the browser, as the link to its rows."""
    found = _SHEETS.match(reference)
    if not found or found["rest"].startswith(("export", "gviz")):
        return reference
    gid = _GID.search(found["said"])
    sheet = f"&gid={gid[1]}" if gid else ""
    published = found["rest"].startswith("pub")
    return f"{found[1]}/{'pub?output' if published else 'export?format'}=csv{sheet}"


def _label(reference: str) -> str:
    """The reference without credentials, parameters and query."""
    if "://" not in reference:
        return reference
    return _USER_PART.sub("://", re.split(r"[?#]", reference, maxsplit=1)[0])


def _refuse_passwords(url: str, label: str) -> None:
    in_clear = [match["password"] for match in _USER_PART.finditer(url)]
    in_clear += [match[1] for match in _SECRET_PARAMETER.finditer(url)]
    if "://" in url and any(secret and not _ONLY_VARIABLES.match(secret) for secret in in_clear):
        raise SourceError(
            f"The reference to {label} holds a password or key in clear, and Prefect would store it.",
            "Put it into an environment variable and write ${NAME} in its place.",
        )


def _expand(url: str) -> tuple[str, tuple[str, ...]]:
    """The URL with its variables' values, quoted where they stand before the @; and the values."""
    secrets: list[str] = []
    user = _USER_PART.search(url)

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise SourceError(
                f"The reference needs the environment variable {match[1]}, which is not set.",
                "Set it where the flow runs.",
            )
        secrets.append(found)
        # A password may hold a slash or an @; the rest of a URL is written as it is meant.
        return quote(found, safe="") if user and user.start() < match.start() < user.end() else found

    return _VARIABLE.sub(value, url), tuple(secrets)
