"""May this person be contacted, now, and on which channel: `Gate(settings).decide(contact, facts, now)`."""

from outreach.compliance.caps import caps_allow
from outreach.compliance.decision import Decision, Facts, RuleApplied, Verdict
from outreach.compliance.gate import Gate
from outreach.compliance.optout import classify_reply
from outreach.compliance.reasons import sentence
from outreach.compliance.text import choose_message, segments

__all__ = [
    "Decision",
    "Facts",
    "Gate",
    "RuleApplied",
    "Verdict",
    "caps_allow",
    "choose_message",
    "classify_reply",
    "segments",
    "sentence",
]
