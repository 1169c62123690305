"""Delivering what waits in the outbox for one webhook, outside a campaign; what is not delivered, and why."""

from dataclasses import asdict, dataclass
from typing import Any

from outreach.ledger.deliveries import find_undelivered
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.wrong_clocks import take_back_instants
from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Redelivered:
    """One round in events. `delivered`, `retried` and `dead` are this round's; `pending` and `dead_letters`
    what the outbox holds after it. `stopped`: deadline, breaker, disabled, or "" when nothing more was due.
    `answer` is the status, or the code, with which most of what waits was not taken; "" where none was tried.
    """

    delivered: int
    retried: int
    dead: int
    pending: int
    dead_letters: int
    stopped: str
    answer: str = ""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def sentence(self) -> str:
        """For people: "40 delivered, 2 pending, 0 dead"."""
        words = f"{self.delivered} delivered, {self.pending} pending, {self.dead_letters} dead"
        why = {
            "breaker": f"the receiver fails ({self.answer}) and is left alone for a while: mend it, "
            "then `outreach redeliver --all`",
            "disabled": "the receiver answered 410 and gets nothing more",
            "deadline": "more is due",
        }.get(self.stopped)
        return f"{words}; {why}" if why else words


def redeliver(
    ledger: Ledger,
    name: str,
    endpoint: Endpoint,
    *,
    ignore_schedule: bool = False,
    seconds: float | None = None,
) -> Redelivered:
    """Deliver what is due for a webhook, over all campaigns, each contact's events in their order.

    Args:
        ledger: its outbox.
        name: of the webhook block, as the outbox knows it.
        endpoint: opened; the caller closes it.
        ignore_schedule: also what waits for its time, once each, and a receiver that answered 410.
        seconds: no attempt begins later.

    Raises:
        LedgerError: the ledger does not answer.
    """
    # First: what a clock that was ahead put off until next year would not be due.
    take_back_instants(ledger)
    courier = Courier(LedgerOutbox(ledger, name), endpoint, clock=ledger.clock)
    done = courier.deliver(deadline_seconds=seconds, ignore_schedule=ignore_schedule)
    left = find_undelivered(ledger, name)
    pending, dead = (sum(each["events"] for each in left if each["state"] == s) for s in ("pending", "dead"))
    answers = (str(each["status"] or each["code"]) for each in left if each["code"] != "not_tried")
    answer = next(answers, "")
    return Redelivered(done.delivered, done.retried, done.dead, pending, dead, done.stopped, answer)
