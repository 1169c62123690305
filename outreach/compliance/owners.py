"""Whose reasons a contact was set aside for, by its decision's record (`reasons`, `losing` by channel)."""

from collections.abc import Mapping
from typing import Any

from outreach.compliance.reasons import MAY_PASS, is_ours


def list_reasons(reason: str, recorded: Mapping[str, Any]) -> frozenset[str]:
    """All that a contact with this reason was set aside for, channel by channel, by its decision's record."""
    told = recorded.get("reasons", ())
    if reason and reason not in told:  # something else came since (a resolution, an erasure)
        return frozenset({reason})
    losing = recorded.get("losing", {}).values()
    return frozenset({*told, *(code for reasons in losing for code in reasons)})


def rests_on_us(reason: str, recorded: Mapping[str, Any]) -> bool:
    """Whether a contact was set aside for anything of ours, so that each run decides again."""
    return any(map(is_ours, list_reasons(reason, recorded)))


def may_change(reason: str, recorded: Mapping[str, Any]) -> bool:
    """The same, or for what a lifted suppression or a free address ends."""
    return rests_on_us(reason, recorded) or not MAY_PASS.isdisjoint(list_reasons(reason, recorded))
