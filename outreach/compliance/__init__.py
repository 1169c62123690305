"""May this person be contacted, now, and on which channel: `Gate(settings).decide(contact, facts, now)`."""

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
