"""What people get: ten of them as examples, what SMS cost by the real list, who cannot be told anything.

Texts of people are for the terminal of whoever has the list. What goes to Prefect is `as_json()`: ids, counts
and the templates, which stand in the run's parameters anyway.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from outreach.compliance import Verdict
from outreach.contacts import Channel, Contact
from outreach.decisions.dry_run import DryRunRow
from outreach.messages.sms import dear_sign
from outreach.messages.wording import (
    FIELD_MISSING,
    MESSAGE_WHEN_NONE,
    NO_MESSAGE,
    PLACEHOLDER_LEFT,
    Said,
    Unsaid,
    Wording,
)
from outreach.settings import CampaignSettings

SenderOf = Callable[[Contact, Channel], "str | None"]
"""From whom a person's messages on a channel come, as they would recognise it."""


def nobody(_contact: Contact, _channel: Channel) -> None:
    """Where nothing is known of the senders."""


PEOPLE = 10
_UNFILLED = frozenset({FIELD_MISSING, PLACEHOLDER_LEFT})
_REACHED = frozenset({Verdict.ALLOWED, Verdict.DEFERRED})
_MOST_SIGNS = 20
_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Previewed:
    """One person: what they get on which channel, from whom. `said` is theirs alone, and in no report."""

    external_contact_id: str
    channel: Channel
    sender: str
    contact: Contact = field(repr=False)
    said: Said = field(repr=False)
    segments: int = 0
    sign: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without a word of what is said."""
        return {
            "external_contact_id": self.external_contact_id,
            "channel": self.channel.value,
            "sender": self.sender,
            "language": self.said.language,
            "characters": len(self.said.text),
            "segments": self.segments,
            "sign": self.sign,
        }


class Preview:
    """Looks at the rows of a dry run as they pass.

    Args:
        settings: the campaign's.
        sender_of: from whom their messages come, as a person would recognise it.
    """

    def __init__(self, settings: CampaignSettings, sender_of: SenderOf) -> None:
        self._wording = Wording(settings, greets=False)
        self._price = settings.sms_segment_price
        self._templates = {name: text[:_SHOWN] for name, text in settings.texts().items()}
        self._sender_of = sender_of
        self._kinds: set[tuple[Channel, str]] = set()
        self._others: list[Previewed] = []
        self.people: list[Previewed] = []
        self.dearest: Previewed | None = None
        self.segments = 0
        self.messages = 0
        self.replaced: Counter[str] = Counter()
        self.unsaid: Counter[str] = Counter()

    def watch(self, rows: Iterable[DryRunRow]) -> Iterator[DryRunRow]:
        """The same rows, each looked at."""
        for row in rows:
            self._look(row)
            yield row

    def _look(self, row: DryRunRow) -> None:
        if row.code in _UNFILLED:
            self.unsaid[row.problem] += 1
        decision = row.decision
        if decision is None or row.contact is None or decision.channel is None:
            return
        if decision.verdict not in _REACHED:
            return
        said = self._wording.say(row.contact, decision.channel)
        if isinstance(said, Unsaid) and said.code == NO_MESSAGE:
            self.unsaid[NO_MESSAGE] += 1
            said = Said(MESSAGE_WHEN_NONE)
        if isinstance(said, Said):
            self._count(row, row.contact, decision.channel, said)

    def _count(self, row: DryRunRow, contact: Contact, channel: Channel, said: Said) -> None:
        # Kept are twenty of a million: to make one of each row was a twentieth of the dry run.
        one = partial(self._keep, row, contact, channel, said)
        if channel.traits.has_segments:
            self.messages += 1
            self.segments += row.segments
            if said.replaced:
                self.replaced.update(said.replaced)
            if self.dearest is None or row.segments > self.dearest.segments:
                self.dearest = one()
        kind = (channel, said.language)
        if kind not in self._kinds and len(self.people) < PEOPLE:
            self._kinds.add(kind)
            self.people.append(one())  # one of each channel and language first
        elif len(self._others) < PEOPLE:
            self._others.append(one())

    def _keep(self, row: DryRunRow, contact: Contact, channel: Channel, said: Said) -> Previewed:
        return Previewed(
            row.external_contact_id,
            channel,
            self._sender_of(contact, channel) or "",
            contact,
            said,
            row.segments,  # counted with the decision
            dear_sign(said.text) if channel.traits.has_segments else "",
        )

    def show(self) -> list[Previewed]:
        """Ten people: one of each channel and language, the dearest SMS, and others in the list's order."""
        first = [*self.people, *([self.dearest] if self.dearest else []), *self._others]
        seen: dict[str, Previewed] = {}
        for one in first:
            seen.setdefault(one.external_contact_id, one)
        return [self._composed(one) for one in list(seen.values())[:PEOPLE]]

    def _composed(self, one: Previewed) -> Previewed:
        said = self._wording.compose(one.contact, one.channel)
        return replace(one, said=said) if isinstance(said, Said) else one

    @property
    def cost(self) -> float | None:
        """What the SMS cost, None where nobody said what a segment does."""
        return None if self._price is None else round(self.segments * self._price, 2)

    def as_json(self) -> dict[str, Any]:
        """Numbers, ids and codes: nothing of what is said to anybody."""
        return {
            "people": [one.as_json() for one in self.show()],
            "sms": {
                "messages": self.messages,
                "segments": self.segments,
                "cost": self.cost,
                "dearest": self.dearest.as_json() if self.dearest else None,
                "replaced": dict(self.replaced.most_common(_MOST_SIGNS)),
            },
            "templates": self._templates,
            "unsaid": dict(self.unsaid.most_common(_MOST_SIGNS)),
        }
