"""May this person be contacted, now, and on which channel: `Gate(settings).decide(contact, facts, now)`."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outreach.compliance.caps import caps_allow
    from outreach.compliance.decision import Decision, Facts, RuleApplied, Verdict
    from outreach.compliance.gate import Gate
    from outreach.compliance.reasons import is_ours, sentence
    from outreach.compliance.reply_keywords import classify_reply

__all__ = [
    "Decision",
    "Facts",
    "Gate",
    "RuleApplied",
    "Verdict",
    "caps_allow",
    "classify_reply",
    "is_ours",
    "sentence",
]

_HOMES = {
    "Decision": "decision",
    "Facts": "decision",
    "Gate": "gate",
    "RuleApplied": "decision",
    "Verdict": "decision",
    "caps_allow": "caps",
    "classify_reply": "reply_keywords",
    "is_ours": "reasons",
    "sentence": "reasons",
}


def __getattr__(name: str) -> object:
    # The gate, its rules and texts take 0.3 s to import: `proof` and `status` want a reason's sentence alone.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
