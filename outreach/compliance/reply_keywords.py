"""What a person's reply means for further contact: stop, start, help, review, or none of these.

Words: United States 47 CFR 64.1200(a)(10), Twilio, AWS and Genesys Cloud (fact sheet of the neighbours, C);
their like in six other languages in `data/reply_words.json`. The whole message or its first word counts, a
"please" before or after it does not. A near miss is for a person to read, never ignored.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from importlib import resources
from itertools import chain
from typing import Literal, get_args

Reply = Literal["stop", "start", "help", "review", "none"]
MEANINGS: tuple[Reply, ...] = get_args(Reply)

_WORDS: Mapping[str, Mapping[str, list[str]]] = json.loads(
    resources.files("outreach.compliance").joinpath("data/reply_words.json").read_text("utf-8")
)


def _all(kind: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(_WORDS[kind].values()))


STOP = _all("stop")
"""Words that stop contact, without accents; ARRET and TD are Canada's French."""
_STOP_WHOLE = _all("whole")
"""These only by themselves: "para" is also "for"."""
_LINK = _all("link")
"""What links in mails are called: these only as the whole reply, not as a line of one that quotes a mail."""
START = frozenset({"start", "unstop", "yes", "subscribe", "optin"})
HELP = frozenset({"help", "info"})

_INSIDE_WORDS = "'-\N{RIGHT SINGLE QUOTATION MARK}"
_SPELLINGS = {"opt out": "optout", "stop all": "stopall", "opt in": "optin", "un subscribe": "unsubscribe"}
_HINTS = re.compile(
    r"\b(stop\w*|unsub\w*|opt(?:ing|ed)?(?: me| us)? ?out|remove|revoke"
    r"|(?:do not|dont) (?:contact|text|call|e?mail|message|want)|not interested"
    rf"|leave me alone|no more|take me off|wrong number|{'|'.join(sorted(_all('hints')))})\b"
)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_COURTESY = re.compile(rf"^(?:(?:{_any_of(_all('please'))}) )+|(?: (?:{_any_of(_all('please'))}))+$")


def is_only_stop(text: str) -> bool:
    """Whether a text says nothing but to stop, like a line between a greeting and a name."""
    words = _COURTESY.sub("", normalise(text))
    return words in STOP or words in _STOP_WHOLE


def classify_reply(text: str) -> Reply:
    """What a reply asks for. Compared without case, accents, punctuation, emoji and courtesy."""
    words = _COURTESY.sub("", normalise(text))
    if not words:
        return "none"
    for spelling, word in _SPELLINGS.items():
        words = re.sub(rf"^{spelling}\b", word, words)
    # "Stop texting me" stops; "I cannot stop laughing" is for a person to read.
    meant = "stop" if words in _STOP_WHOLE | _LINK else _meaning(words) or _meaning(words.split()[0])
    if meant == "start" and _hints_at_stop(words.partition(" ")[2]):
        return "review"  # "Yes, stop": nothing is lost if a person reads it
    if meant:
        return meant
    return "review" if _hints_at_stop(words) or _is_near_miss(words.split()) or _is_spaced(words) else "none"


def normalise(text: str) -> str:
    """Casefolded words, without accents, punctuation, symbols and emoji, single spaces between them."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    # "Don't" becomes one word, and so does "opt-out"; NFKD has made of each accent a mark of its own.
    kept = (
        "" if unicodedata.category(c)[0] == "M" or c in _INSIDE_WORDS else c if c.isalnum() else " "
        for c in decomposed
    )
    return " ".join("".join(kept).split())


def _meaning(words: str) -> Reply | None:
    if words in STOP:
        return "stop"
    if words in START:
        return "start"
    return "help" if words in HELP else None


def _hints_at_stop(words: str) -> bool:
    return words.partition(" ")[0] in STOP or _HINTS.search(words) is not None


def _is_near_miss(words: list[str]) -> bool:
    """A short message whose first word is one letter away from a stop word that is long enough to tell."""
    # In a longer sentence a word that is one letter off is mostly another word.
    return len(words) <= 3 and any(_distance_is_one(words[0], stop) for stop in _TELLING)


def _is_spaced(words: str) -> bool:
    """S T O P."""
    return words[1:2] == " " and words.replace(" ", "") in STOP


_TELLING = {word for word in STOP if len(word) > (3 if word in _WORDS["stop"]["en"] else 5)}
"""Of four letters or more in English; a short foreign one is too near to an English word."""


def _distance_is_one(word: str, other: str) -> bool:
    if abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    tails = ((word[at + 1 :], other[at + 1 :]), (word[at + 1 :], other[at:]), (word[at:], other[at + 1 :]))
    swapped = word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :]
    return swapped or any(a == b for a, b in tails)
