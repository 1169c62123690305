"""Who contacts people twice when 2 % of the answers are lost after the act: the official SDK, and ours.

python -m tests.bench.never_twice        the same people, the same emulator, the same seeded faults

A third of the people each by SMS, e-mail and callback. Of an SMS that the SDK sends again, Genesys refuses
the second while the first one's conversation lasts (409): then the SDK's user believes that it failed.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PureCloudPlatformClientV2 as sdk  # noqa: N813 - its own name is a mouthful
from PureCloudPlatformClientV2.rest import ApiException

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import reconcile
from outreach.campaign.registration import register_batch
from outreach.campaign.validation import validate_batch
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import everything
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.emulation import SENDERS, UNLIMITED
from tests.support.emulator_server import EmulatorControl, EmulatorServer

PEOPLE = 300
DROPPED = 0.02
CREATES = ("messages.agentless", "emails.agentless", "callbacks.create")
INDEX_SECONDS = 0.3
LOOKS = (0.5, 0.5, 1.0, 2.0)
"""Seconds between looks; the emulator shows a conversation after a third of one."""


def measure(people: int = PEOPLE, seed: int = 1) -> dict[str, Any]:
    """Both ways over the same faults: contacted, contacted twice, and what each way itself believes."""
    return {
        "people": people,
        "answers_dropped": DROPPED,
        "official_sdk": _with_emulator(_contact_by_sdk, people, seed),
        "ours": _with_emulator(_contact_by_ours, people, seed),
    }


def _with_emulator(
    contact: Callable[[EmulatorControl, int], dict[str, Any]], people: int, seed: int
) -> dict[str, Any]:
    faults = [{"kind": "act_then_drop", "operation": name, "probability": DROPPED} for name in CREATES]
    settings = {"seed": seed, "faults": faults, "index_delay_seconds": INDEX_SECONDS, "never_end": True}
    with EmulatorServer({**UNLIMITED, **settings}) as emulator:
        believed = contact(emulator, people)
        truth = emulator.truth()
        fired = sum(int(rule["fired"]) for rule in emulator.state()["faults"])
    return {
        "contacts_made": truth["count"],
        "people_contacted": truth["addresses"],
        "contacted_twice": truth["contacted_twice_count"],
        "answers_lost": fired,
        **believed,
    }


def _contact_by_sdk(emulator: EmulatorControl, people: int) -> dict[str, Any]:
    """A plain loop, as the SDK's own examples are: one call a person, errors counted and left."""
    client = sdk.ApiClient(host=emulator.url).get_client_credentials_token("demo", "demo")
    api = sdk.ConversationsApi(client)
    sent = failed = 0
    for n in range(people):
        try:
            _CALLS[n % 3](api, n)
            sent += 1
        except (ApiException, OSError):  # noqa: PERF203 - a loop as its users write it
            failed += 1
    return {"believes_sent": sent, "believes_failed": failed}


def _send_message(api: sdk.ConversationsApi, n: int) -> None:
    body = sdk.SendAgentlessOutboundMessageRequest()
    body.from_address, body.to_address = SENDERS["sms_from"], _number(n)
    body.to_address_messenger_type, body.text_body = "sms", "Hello"
    api.post_conversations_messages_agentless(body)


def _send_email(api: sdk.ConversationsApi, n: int) -> None:
    body = sdk.AgentlessEmailSendRequestDto()
    body.sender_type, body.subject, body.text_body = "Outbound", "A message for you", "Hello"
    body.from_address, to = sdk.EmailAddress(), sdk.EmailAddress()
    body.from_address.email, to.email = SENDERS["email_from"], _address(n)
    body.to_addresses = [to]
    api.post_conversations_emails_agentless(body)


def _request_callback(api: sdk.ConversationsApi, n: int) -> None:
    body = sdk.CreateCallbackCommand()
    body.queue_id, body.callback_numbers = SENDERS["voice_queue_id"], [_number(n)]
    api.post_conversations_callbacks(body)


_CALLS = (_send_message, _send_email, _request_callback)


def _contact_by_ours(emulator: EmulatorControl, people: int) -> dict[str, Any]:
    """The core's steps, with no policy but the default: what cannot be found is held, never sent again."""
    rows = [{"external_contact_id": f"C-{n}", "name": f"Person {n}", **_channel(n)} for n in range(people)]
    settings = CampaignSettings(message="Hello", hours_bind=(), look_after_seconds=LOOKS)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
        ledger = stack.enter_context(open_ledger(f"sqlite:///{folder / 'ledger.db'}"))
        genesys = stack.enter_context(
            open_genesys(
                Account(client_id="demo", client_secret="demo", api_url=emulator.url),
                senders=Senders(**SENDERS),  # type: ignore[arg-type]  # plain strings
                requests_per_minute=None,
            )
        )
        run = stack.enter_context(open_run(ledger, genesys, "bench", settings))
        load_source(run, open_source(rows))
        batch = everything(run.campaign.name)
        register_batch(run, batch)
        validate_batch(run, batch)
        interact_batch(run, batch)
        lost = prove(ledger, run.campaign).unknown
        for pause in LOOKS:
            ledger.clock.sleep(pause)
            reconcile(run)
        return {**_believed(prove(ledger, run.campaign)), "in_doubt_for_a_moment": lost}


def _believed(proof: Proof) -> dict[str, Any]:
    return {
        "believes_sent": proof.contacted,
        "believes_failed": proof.states.get("failed", 0),
        "still_unknown": proof.unknown + proof.states.get("held", 0),
        "balanced": proof.balanced,
    }


def _channel(n: int) -> dict[str, str]:
    return ({"sms": _number(n)}, {"email": _address(n)}, {"voice": _number(n)})[n % 3]


def _number(n: int) -> str:
    return f"+1317555{n:04d}"


def _address(n: int) -> str:
    return f"person{n}@example.com"


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
