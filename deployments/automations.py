"""What Prefect does by itself when a campaign needs a person: one automation for each of `flows.events`.

Without a notification block they only show in the UI's event feed and wait for somebody to add an action.
"""

from collections.abc import Sequence
from uuid import UUID

from prefect.automations import AutomationCore, EventTrigger, Posture
from prefect.events.actions import DoNothing, SendNotification

from flows.events import RESOURCES, Signal

BODY = (
    "{{ event.resource.name }}: {{ event.payload.sentence }}\n"
    "What to do: {{ event.payload.advice }}\n"
    "Run: {{ event.payload.run }}"
)

ADVICE = "Add an action, such as a notification, or deploy again with a notification block."


def list_automations(notify: UUID | None) -> Sequence[AutomationCore]:
    """One for each signal.

    Args:
        notify: id of a saved notification block (Slack, e-mail, PagerDuty ...), or None.
    """
    return [_automation(signal, notify) for signal in Signal]


def _automation(signal: Signal, notify: UUID | None) -> AutomationCore:
    action = SendNotification(block_document_id=notify, subject=signal.words, body=BODY) if notify else None
    return AutomationCore(
        name=f"outreach: {signal.words}",
        description=signal.words if action else f"{signal.words}. {ADVICE}",
        trigger=EventTrigger(
            expect={signal.value},
            match={"prefect.resource.id": RESOURCES},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
        ),
        actions=[action or DoNothing()],
    )
