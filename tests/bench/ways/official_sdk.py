"""The official SDK, PureCloudPlatformClientV2: the same steps with its own calls, plain or in 16 threads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import PureCloudPlatformClientV2 as sdk  # noqa: N813 - its own name is a mouthful

from tests.bench.contender import Go
from tests.bench.job import Job, Person, people
from tests.bench.ways.plain import Steps, agentless_message, platform_contact


@contextlib.contextmanager
def prepare(job: Job) -> Iterator[Go]:
    """A client that is logged in; webhooks go by httpx, since the SDK has none."""
    client = sdk.ApiClient(host=job.url).get_client_credentials_token("demo", "demo")
    contacts_api, conversations = sdk.ExternalContactsApi(client), sdk.ConversationsApi(client)
    steps = Steps(job)
    contacts = people(job.contacts)

    def contact(person: Person) -> None:
        made = contacts_api.post_externalcontacts_contacts(platform_contact(person))
        contacts_api.get_externalcontacts_contact(made.id)
        sent = conversations.post_conversations_messages_agentless(agentless_message(person))
        steps.notify(sent.conversation_id, person)

    def go() -> None:
        if job.threads == 1:
            for person in contacts:
                contact(person)
            return
        with ThreadPoolExecutor(job.threads) as crew:
            list(crew.map(contact, contacts))

    with contextlib.closing(steps.client):
        yield go
