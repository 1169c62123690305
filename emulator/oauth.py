"""`POST /oauth/token`: HTTP Basic on the platform, form fields on the guide API; one path, one port."""

import base64
import binascii
import time

from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.state.defaults import CLIENT_ID, CLIENT_SECRET
from emulator.state.limits import too_many
from emulator.state.organisation import Organisation

operation = Operations("", open=True)


@operation("oauth.token", "POST", "/oauth/token")
def issue_token(org: Organisation, request: Request) -> Response:
    """A token, or `invalid_client` (400 on the platform, 401 on the guide API)."""
    form = request.form()
    basic = request.headers.get("authorization", "")
    api = "platform" if basic else "guide"
    client_id, secret = _basic(basic) if basic else (form.get("client_id", ""), form.get("client_secret", ""))
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", "only client_credentials is emulated")
    if reason := _objection(org, client_id, secret):
        return _refused(400 if basic else 401, "invalid_client", reason)
    _spend_issue(org, client_id)
    return answer(_grant(org, client_id, api))


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _objection(org: Organisation, client_id: str, secret: str) -> str | None:
    known = {CLIENT_ID: {"secret": CLIENT_SECRET}} | dict(org.settings.clients)
    client = known.get(client_id)
    if client is None:
        return "client not found"
    expected = client.get("secret", CLIENT_SECRET if client_id == CLIENT_ID else "")
    if secret != expected or client.get("state", "active") != "active":
        return "authentication failed"
    return None


def _spend_issue(org: Organisation, client_id: str) -> None:
    allowed = org.settings.token_requests_per_minute
    if allowed is not None:
        fits, _, wait = org.tokens.issues[client_id].take(
            time.monotonic(), allowed, org.settings.window_seconds, "fixed"
        )
        if not fits:
            raise too_many(wait)


def _grant(org: Organisation, client_id: str, api: str) -> JsonObject:
    settings = org.settings
    lifetime = settings.token_lifetime_seconds if api == "platform" else settings.guide_token_lifetime_seconds
    token = org.tokens.issue(client_id, api, org.now() + lifetime, settings.tokens_alive)
    return {"access_token": token.value, "token_type": "bearer", "expires_in": lifetime}


def _refused(status: int, error: str, description: str) -> Response:
    return answer({"error": error, "description": description, "error_description": description}, status)
