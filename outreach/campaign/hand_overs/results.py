"""What became of everybody: by the engine's own export, and by the conversations that analytics shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.campaign.hand_overs.sending import Sending
from outreach.genesys.campaign_route import NO_RESULT, SENT, EngineConversation


@dataclass(frozen=True, slots=True)
class Results:
    """By the id of a row: the engine's word, and the conversations that it started."""

    words: Mapping[str, str]
    conversations: Mapping[str, Sequence[EngineConversation]]

    @property
    def is_touched(self) -> bool:
        """Whether the engine has done something for anybody."""
        return bool(self.conversations) or any(self.words.values())

    def word(self, key: str) -> str:
        """What the engine says of a row."""
        return self.words.get(key, NO_RESULT)


def read_results(sending: Sending) -> Results:
    """Everything, once it has stopped changing."""
    words = _read_settled(sending)
    return Results(words, _read_conversations(sending, words))


def _read_settled(sending: Sending) -> Mapping[str, str]:
    """The words of the rows: two exports in a row say the same."""
    before = sending.route.read_results(sending.hand_over.list_id)
    for seconds in sending.run.settings.look_after_seconds:
        sending.run.ledger.clock.sleep(seconds)
        now = sending.route.read_results(sending.hand_over.list_id)
        if now == before:
            break
        before = now
    return before


def _read_conversations(
    sending: Sending, words: Mapping[str, str]
) -> Mapping[str, Sequence[EngineConversation]]:
    """Whose analytics shows; looked again while somebody who was sent to is missing."""
    seen: dict[str, list[EngineConversation]] = {}
    for seconds in (0.0, *sending.run.settings.look_after_seconds):
        sending.run.ledger.clock.sleep(seconds)
        seen = {}
        hand_over = sending.hand_over
        for found in sending.route.list_conversations(hand_over.outbound_id, hand_over.opened_at):
            seen.setdefault(found.row_id, []).append(found)
        if all(key in seen for key in sending.rows if words.get(key) == SENT):
            break
    return seen
