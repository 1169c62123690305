"""From an answer that says no, or from none, to our own error: code, correlation id, advice, nothing else.

The envelope (platform fact sheet 2.1) is read without trust. Of its texts only codes and the names of
permissions are kept: a message may quote an address.
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import datetime

from outreach.connections import read_retry_after
from outreach.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    GenesysError,
    Invalid,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    Unauthorized,
    WrongClient,
)
from outreach.genesys.http.call_outcome import Outcome, of_failure, of_status
from outreach.genesys.http.exchange import Received
from outreach.genesys.http.untrusted_json import Json, read_code, read_mapping, read_text

WHEN_MISSING = 5.0
"""Seconds to wait when a 429 doesn't say how many (guide sheet)."""

LOGIN = "login"
"""The operation that fetches a token."""

ADVICE = {
    400: "Genesys does not accept the request: check the channels, the duration and the senders.",
    401: "The token expired or the client id or secret is wrong: check the credentials and the region.",
    403: "Permissions are missing: grant {permissions} to the OAuth client, in the contact's division.",
    404: "Genesys does not know this id: check it, and the divisions of the client's role.",
    409: "It exists already, or its state forbids this.",
    413: "The request is too large: shorten the message or the metadata.",
    415: "Genesys does not accept JSON here: check api_url.",
    422: "Genesys understood the request but does not accept a value in it.",
    429: "The rate limit is reached: lower requests_per_minute, or see who else uses this client.",
    503: "The service asks to be tried again later.",
}
"""What a person can do, by status (guide sheet, "Error guide")."""

NOT_SENT_ADVICE = {
    "tls": "The certificate does not match or the connection was tampered with: check api_url and the proxy.",
    "unsupported_protocol": "The way is not HTTP: check api_url and the proxy that the environment names.",
    "open_files": "This process may open no more files: raise its limit (ulimit -n), or lower threads.",
    "dns": "The host name is not known: check the region, api_url and the network.",
}
_UNREACHABLE = "Genesys cannot be reached: check the network, the region and api_url."
_IN_DOUBT = "It may have happened: it is looked up before anything is sent again."
_BETWEEN = "A proxy or a log-in page answered instead of Genesys: check api_url, the proxy and the network. "

_REFUSALS: Mapping[int, type[GenesysError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}
"""What a status that refuses is; every other one is Invalid."""
_PERMISSION = re.compile(r"\b[A-Za-z]{2,40}:[A-Za-z]{2,40}:[A-Za-z]{2,40}\b")


def from_failure(operation: str, error: Exception) -> GenesysError:
    """NotSent or Ambiguous, for a call that got no answer."""
    outcome, code = of_failure(error)
    if outcome is Outcome.REFUSED:
        return NotSent(operation, 0, code, "", NOT_SENT_ADVICE.get(code, _UNREACHABLE))
    return Ambiguous(operation, 0, code, "", _IN_DOUBT)


def from_answer(
    operation: str, received: Received, now: datetime, permissions: tuple[str, ...] = ()
) -> GenesysError:
    """The error of an answer that isn't a 2xx."""
    status, body = received.status, read_body(received)
    code = read_code(body, "code") or read_code(body, "error") or f"http_{status}"
    found = received.correlation_id or read_code(body, "contextId")
    if of_status(status, retry_after="retry-after" in received.headers) is Outcome.UNKNOWN:
        return Ambiguous(operation, status, code, found, _advise_in_doubt(received))
    if status in {429, 503}:
        return RateLimited(operation, status, code, found, ADVICE[status], _wait(received, now))
    if status == 404 and _is_html(received):  # no NotFound, for it says nothing of an id: a proxy's
        return Refused(operation, status, "page", found, _BETWEEN.rstrip())
    named = ", ".join(_named_permissions(body) or permissions) or "the missing permissions"
    refusal = _REFUSALS.get(status, Invalid)
    return refusal(operation, status, code, found, ADVICE[status].replace("{permissions}", named))


def unreadable(operation: str, received: Received) -> Ambiguous:
    """A 2xx whose content doesn't say what happened."""
    code = received.broken or "unreadable_answer"
    return Ambiguous(operation, received.status, code, received.correlation_id, _advise_in_doubt(received))


def _advise_in_doubt(received: Received) -> str:
    status = received.status
    is_page = 200 <= status <= 299 and _is_html(received)
    return _BETWEEN + _IN_DOUBT if is_page or 300 <= status <= 399 or status in {407, 511} else _IN_DOUBT


def _is_html(received: Received) -> bool:
    return received.headers.get("content-type", "").startswith("text/html")


def login_unreachable(error: Exception) -> NotSent:
    """The login gave no answer: whatever that login did, the call behind it was never made."""
    _, code = of_failure(error)
    advice = "The login host does not answer: check the network, the region and login_url."
    return NotSent(LOGIN, 0, code, "", NOT_SENT_ADVICE.get(code, advice))


def login_failed(received: Received, now: datetime) -> GenesysError:
    """The login said no, or gave nothing that can be used: the call behind it was never made."""
    told = from_answer(LOGIN, received, now)
    status, code, found = told.status, told.code, told.correlation_id
    if status in {400, 401, 403}:  # a wrong secret is a 400 (platform fact sheet 1.2)
        return WrongClient(LOGIN, status, code, found, ADVICE[401])
    if status in {429, 503}:
        return RateLimited(LOGIN, status, code, found, ADVICE[status], _wait(received, now))
    advice = "The login host gave no token: check login_url and the region."
    return NotSent(LOGIN, status, code, found, advice)


def _wait(received: Received, now: datetime) -> float:
    asked = read_retry_after(received.headers.get("retry-after"), now, received.headers.get("date"))
    return WHEN_MISSING if asked is None else asked


def read_body(received: Received) -> Json:
    """What it says; None where that cannot be read."""
    with contextlib.suppress(ValueError):
        received.read()
    return received.json


def _named_permissions(body: Json) -> tuple[str, ...]:
    parameters = read_mapping(body, "messageParams").values()
    told = [read_text(body, "message"), *map(str, parameters)]
    found = [name for sentence in told for name in _PERMISSION.findall(sentence[:10_000])]
    return tuple(dict.fromkeys(found))[:10]
