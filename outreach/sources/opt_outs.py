"""Columns that say who must not be contacted, in the words of CRMs and of nine languages.

    DoNotCall, HasOptedOutOfEmail, Unsubscribed from all email    yes forbids
    Accepts SMS Marketing, ContactableBySms, Einwilligung         no forbids
    Do not allow Phone Calls = Do Not Allow                       a cell's own words beat the header's sense
    any other column: do not call, Unsubscribed         a cell that says so forbids, whatever its header
    Marketing status, Subscription status         by the words of Pipedrive, Freshsales, HubSpot alone
    Subscription type, Consent valid until, No SMS consent        nobody can tell: the source is refused

They bind where no column of ours says more, and the stricter word holds. A general yes gives no consent, nor
does not having opted out: only a yes to a column that permits and names its channel does.
"""

import re
import unicodedata
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from typing_extensions import assert_never

from outreach.channels import Channel
from outreach.sources.cells import NO, YES
from outreach.sources.opt_out_headers import FLAGS, REFUSES
from outreach.sources.opt_out_words import (
    ASKS,
    CALL,
    CHAT,
    FORBIDS,
    MAIL,
    OTHER_WAYS,
    OWN_NO,
    OWN_YES,
    PERMITS,
    POSSIBLE,
    TEXT,
)
from outreach.sources.other_permissions import counts, is_of_one_or_a_count, permits_something_else
from outreach.sources.reminder_headers import REMINDS, says_where_to
from outreach.sources.rows import BadCell
from outreach.sources.turned_permissions import is_turned


class Sense(Enum):
    """What a yes in the column means."""

    FORBIDS = "forbids"
    PERMITS = "permits"
    UNCLEAR = "unclear"


class OptOut(NamedTuple):
    """One such column: what a yes in it means, the channels it speaks of (all where it names none), and
    whether a yes is a person's own, not only the lack of a no.
    """

    sense: Sense
    channels: tuple[Channel, ...]
    gives_consent: bool


_OF_A_SPREADSHEET = "do not modify "
"""How Dynamics begins the headers that it needs when a workbook comes back."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART = re.compile(r"[^a-z0-9\u3041-\u30ff\u3400-\u9fff]+|(?<=[a-z])(?=[0-9])")
_NAMESPACE = re.compile(r"\A[a-z0-9]+__|__c\Z")


_TIME = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:\b|t[0-9])")
_LONGEST = 64
_NOTHING_SAID = frozenset({"null", "\\n", "(null)", "nil", "none", "0000-00-00", "0000-00-00-00:00:00"})
"""What databases write into a file for an empty cell."""
_IMPLIED = frozenset({"implied", "implicit"})
"""A permission that nobody gave, in Constant Contact's words: it neither permits nor forbids."""
_DETAIL = re.compile(r"(?:reason|source|date|time|timestamp|at|on|by|le|am|el|il|em|op|datum|grund|motivo)\Z")
"""How a column ends that is filled only for who opted out: `Unsubscribed Reason`."""
_LONGEST_NOTE = 200
_NAMES = re.compile(r"baja california|(?<!lista )(?<!liste )robinson(?!list)", re.IGNORECASE)
"""Of places and people, which only look like a word of ours."""


def words_of(text: str) -> str:
    """Lower case without accents, words apart by one space."""
    spaced = _CAMEL.sub(" ", _NAMESPACE.sub("", text.strip()))
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    apart = _APART.sub(" ", plain.casefold().replace("ł", "l"))
    return " ".join(apart.split())


def is_of_another_way(header: str) -> bool:
    """Whether a header speaks of a no to letters, faxes and their like, which forbids no channel of ours."""
    words = words_of(header)
    return bool(OTHER_WAYS.search(words) and _says(FORBIDS, words))


@lru_cache(maxsize=4096)
def read_header(header: str) -> OptOut | None:
    """What a header says of opting out; None when it speaks of something else."""
    words = words_of(header)
    forbids, gives = _forbids(words), _permits(PERMITS, words)
    permits = gives or _permits(REMINDS, words)
    if words.startswith(_OF_A_SPREADSHEET) or (forbids and not permits and counts(header)):
        return None
    if not (forbids or permits or _says(ASKS, words)) or OTHER_WAYS.search(words):
        return None
    sense = Sense.UNCLEAR
    if forbids is not permits and not (permits and is_turned(words)):
        sense = Sense.FORBIDS if forbids else Sense.PERMITS
    both = (words, words.replace(" ", ""))
    named = tuple(each for each in Channel if any(_words_for(each).search(text) for text in both))
    if gives and not (forbids or named) and permits_something_else(header, words):
        return None
    gives_consent = gives and bool(named) and sense is Sense.PERMITS and not POSSIBLE.search(both[1])
    return OptOut(sense, named or tuple(Channel), gives_consent)


def _words_for(channel: Channel) -> re.Pattern[str]:
    match channel:
        case Channel.VOICE:
            return CALL
        case Channel.SMS:
            return TEXT
        case Channel.EMAIL:
            return MAIL
        case Channel.CHAT:
            return CHAT
        case _:
            assert_never(channel)


def _says(pattern: re.Pattern[str], words: str) -> bool:
    """In words, or written together: Do Not Call, donotcall."""
    return bool(pattern.search(words) or pattern.search(words.replace(" ", "")))


def _forbids(words: str) -> bool:
    refuses = REFUSES.search(words) and not is_of_one_or_a_count(words)
    return bool(refuses) or _says(FORBIDS, words) or _says(FLAGS, words)


def _permits(pattern: re.Pattern[str], words: str) -> bool:
    """The same of what is left without words that forbid: `unsubscribed` holds `subscribed`."""
    together = words.replace(" ", "")
    return any(
        pattern.search(REFUSES.sub(" ", FLAGS.sub(" ", FORBIDS.sub(" ", text)))) for text in (words, together)
    )


@lru_cache(maxsize=4096)
def read_wish(cell: str, header: str, sense: Sense) -> bool | None:
    """Whether the cell permits (True) or forbids (False); None where it is written empty.

    Raises BadCell where nobody can tell.
    """
    word = "-".join(cell.casefold().split()) if len(cell) <= _LONGEST else ""
    plain = words_of(cell).replace(" ", "-") if word else ""
    if word in _NOTHING_SAID or (word in _IMPLIED and sense is Sense.PERMITS):
        return None
    if word in OWN_NO or plain in OWN_NO:
        return False
    if word in OWN_YES or plain in OWN_YES:
        return True
    said = _yes_or_no(word)
    if said is None and (
        forbids_in_words(cell) or (sense is Sense.FORBIDS and _DETAIL.search(words_of(header)))
    ):
        return False
    if said is None and sense is Sense.PERMITS and says_where_to(cell) and _only_reminds(words_of(header)):
        return None
    if said is None:
        raise BadCell("unclear_opt_out", "must be yes or no: it says who must not be contacted")
    return said is (sense is Sense.PERMITS)


def _only_reminds(words: str) -> bool:
    return _permits(REMINDS, words) and not _permits(PERMITS, words)


@lru_cache(maxsize=4096)
def forbids_in_words(cell: str) -> bool:
    """Whether a cell of any column says in so many words not to contact: `do not call`, `Unsubscribed`."""
    if len(cell) > _LONGEST_NOTE or "@" in cell or "://" in cell or cell.isdigit():
        return False
    words = words_of(_NAMES.sub("", cell))
    return _says(FORBIDS, words) and not OTHER_WAYS.search(words)


def _yes_or_no(word: str) -> bool | None:
    word = re.sub(r"\A([01])\.0+\Z", r"\1", word)  # a spreadsheet's number
    # The time at which they did it, also in seconds since 1970.
    if word in YES or _TIME.match(word) or re.fullmatch(r"[0-9]{10}(?:[0-9]{3})?", word):
        return True
    return False if word in NO else None
