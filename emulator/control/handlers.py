"""The emulator's own operations under `/_emulator`: truth, settings, clock, state, metrics, webhooks."""

import gzip

from emulator.errors import bad_request, present
from emulator.http.fields import Fields
from emulator.http.messages import Request, Response, answer
from emulator.http.routing import Operations
from emulator.state.defaults import published
from emulator.state.organisation import Organisation
from emulator.state.settings import WrongSetting

operation = Operations("/_emulator", open=True, own=True)

_MOST_ROWS = 1_000_000
_LATEST = 12
_LIMITS = {"requests_per_minute", "creations_per_minute", "window", "window_seconds", "latency_ms"}
_END_OF_TIME = 2e11
"""Seconds since the epoch: the year 8307, before HTTP dates run out."""


@operation("own.truth", "GET", "/truth")
def truth(org: Organisation, request: Request) -> Response:
    """Every contact that really happened: `?since=SEQ` and `?limit=` page, `?summary=true` counts only."""
    summary = org.truth.summary()
    if request.flag_query("summary"):
        return answer(summary)
    since = request.whole_query("since", 0, 0, _MOST_ROWS)
    limit = request.whole_query("limit", _MOST_ROWS, 1, _MOST_ROWS)
    rows = org.truth.page(since, limit)
    return answer({**summary, "contacts": rows, "next": since + len(rows)})


@operation("own.config", "GET", "/config")
def read_settings(org: Organisation, _request: Request) -> Response:
    """The settings in force."""
    return answer(org.settings.document())


@operation("own.configure", "POST", "/config")
def change_settings(org: Organisation, request: Request) -> Response:
    """Merge settings; 400 with a sentence when one is wrong."""
    try:
        settings = org.settings.merged(request.json())
    except WrongSetting as error:
        raise bad_request(str(error)) from error
    org.configure(settings)
    return answer(settings.document())


@operation("own.reset", "POST", "/reset")
def reset(org: Organisation, request: Request) -> Response:
    """Forget everything; with `{"keep_settings": true}` all but the settings."""
    body = Fields(request.json() if request.body else {})
    body.allow(("keep_settings",))
    org.reset(keep_settings=body.flag("keep_settings"))
    return answer({"reset": True})


@operation("own.set_clock", "POST", "/clock")
def set_clock(org: Organisation, request: Request) -> Response:
    """Move the clock: `advance_seconds` at once, `speed` from now on."""
    body = request.fields(("advance_seconds", "speed"))
    if (speed := body.number("speed", 0, 1e6)) is not None:
        org.clock.run_at(speed)
    org.clock.advance(body.number("advance_seconds", 0, max(0.0, _END_OF_TIME - org.now())) or 0.0)
    return read_clock(org, request)


@operation("own.clock", "GET", "/clock")
def read_clock(org: Organisation, _request: Request) -> Response:
    """The organisation's time."""
    return answer({"now": org.stamp(org.now()), "speed": org.clock.speed, "skew_seconds": org.clock.skew})


@operation("own.metrics", "GET", "/metrics")
def metrics(org: Organisation, request: Request) -> Response:
    """Requests by operation and status, and the windows of each token; `?timestamps=true` for all times."""
    return answer(org.metrics.document(timestamps=request.flag_query("timestamps")))


@operation("own.state", "GET", "/state")
def state(org: Organisation, _request: Request) -> Response:
    """A digest for people and for the page: counts, ids, limits, faults, the latest contacts."""
    rows = org.truth.page(max(0, len(org.truth.rows) - _LATEST), _LATEST)
    latest = [{**row, "conversation": _describe(org, row["conversation_id"])} for row in rows]
    return answer(
        {
            "url": org.url,
            "now": org.stamp(org.now()),
            "speed": org.clock.speed,
            "ids": published(),
            "contacts": {"platform": len(org.contacts), "guide": len(org.guide_contacts)},
            "conversations": {"all": len(org.conversations), "active": org.conversations.active(org.now())},
            "requests": org.metrics.document(),
            "limits": org.settings.model_dump(include=_LIMITS),
            "faults": org.faults.fired(),
            "truth": {**org.truth.summary(20), "latest": latest[::-1]},
            "webhooks": org.receiver.summary(),
        }
    )


def _describe(org: Organisation, conversation_id: str) -> str:
    """What a conversation is at now, as the page says it."""
    if (conversation := org.conversations.by_id.get(conversation_id)) is None:
        return ""
    said = conversation.state(org.now())
    ended = f": {conversation.disconnect_type}" if said == "disconnected" else ""
    answers = len(conversation.replies_at(org.now()))
    return said + ended + (f", {answers} answered" if answers else "")


@operation("own.end", "POST", "/conversations/{conversationId}/end")
def end_conversation(org: Organisation, request: Request) -> Response:
    """End a conversation as somebody there would: `{"disconnect_type": "peer"}`."""
    body = Fields(request.json() if request.body else {})
    body.allow(("disconnect_type",))
    key = request.parameters["conversationId"]
    conversation = present(org.conversations.by_id.get(key), "conversation")
    conversation.end(org.now(), body.text("disconnect_type") or "peer")
    return answer({"id": key, "ended": True})


@operation("own.reply", "POST", "/conversations/{conversationId}/reply")
def reply(org: Organisation, request: Request) -> Response:
    """Write as the person of a conversation would: `{"text": "...", "subject": ""}`."""
    body = request.fields(("text", "subject"))
    key = request.parameters["conversationId"]
    conversation = present(org.conversations.by_id.get(key), "conversation")
    text, subject = body.text("text"), body.text("subject") or f"Re: {conversation.subject}"
    answered = org.reply(conversation, text, subject)
    return answer({"id": answered.conversation_id, "message_id": answered.replies[-1].message_id})


@operation("own.webhook", "POST", "/webhooks")
@operation("own.webhook_of", "POST", "/webhooks/{endpoint}")
def receive_webhook(org: Organisation, request: Request) -> Response:
    """A CRM's end: verifies, remembers, answers as told (`webhook_answers`) or 204; invalid gets 401."""
    endpoint = request.parameters.get("endpoint", "")
    secret = request.query("secret").replace(" ", "+")  # an unquoted plus arrives as a space
    told, reason = org.receiver.receive(endpoint, secret, request.headers, request.body)
    response = Response(0 if told.hang else told.status, delay=told.delay_seconds)
    if told.retry_after is not None:
        response.headers.append(("Retry-After", str(told.retry_after)))
    if told.location is not None:
        response.headers.append(("Location", told.location))
    if told.body:
        response.body = gzip.compress(told.body.encode()) if told.packed else told.body.encode()
        if told.packed:
            response.headers.append(("Content-Encoding", "gzip"))
    elif response.status != 204:
        response.body = answer({"received": 0 < response.status < 300, "reason": reason}).body
    return response


@operation("own.webhooks", "GET", "/webhooks")
def list_webhooks(org: Organisation, request: Request) -> Response:
    """Every delivery attempt: `?since=` and `?limit=` page, `?event=` chooses, `?summary=true` counts."""
    summary = org.receiver.summary()
    if request.flag_query("summary"):
        return answer(summary)
    since = request.whole_query("since", 0, 0, _MOST_ROWS)
    limit = request.whole_query("limit", 1000, 1, _MOST_ROWS)
    event = request.query("event")
    attempts = org.receiver.attempts[since : since + limit]
    chosen = [attempt.document() for attempt in attempts if event in ("", attempt.event)]
    return answer({**summary, "attempts": chosen, "next": since + len(attempts)})
