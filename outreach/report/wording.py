"""Words for people: what a code means, how numbers and durations are written, and text made safe to show."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timezone

from outreach.compliance import sentence

LONGEST = 200
"""Characters of one value from the data; the rest is cut."""

# No sentence quotes an example address: it might be somebody's in this very campaign.
_WHY = {
    "conversation_going_on": "A conversation with the person is going on; tried again later.",
    "earlier_attempt_unsure": (
        "Genesys Cloud does not show now whether an earlier attempt reached the person after all: nothing "
        "was sent, and it is asked again. Whoever has looked there says so with `outreach resolve`."
    ),
    "poison": "Two processes died while they worked on this contact: look at it before it is tried again.",
    "process_died": "A process died during the call: it is being looked up whether the person was contacted.",
    "outcome_unknown": "Nobody can say whether the person was contacted: a person decides.",
    "several_matches": "Several conversations match, or one that may be another's: a person decides.",
    "older_ledger": "The ledger was older than what was done: perhaps contacted already, a person decides.",
    "no_intent": "The record of the attempt is missing: a person decides.",
    "erased": (
        "The person was erased, by this id or an address, and nobody contacts them. If they ask for it: "
        "`outreach suppress --lift` with `--erased`, then another campaign."
    ),
    "duplicate": "The source has the same external_contact_id on an earlier line.",
    "rows_contradict": "Rows of the source with one external_contact_id contradict each other.",
    "missing_id": "The row has no external_contact_id.",
    "missing_name": "The row has no name.",
    "no_channel": "The row has no address on any channel.",
    "malformed_id": "The external_contact_id has characters that are not allowed.",
    "malformed_phone": "A number is not in E.164 form: a plus, the country code, digits only.",
    "phone_without_country_code": "A number lacks its country code.",
    "no_national_number": "A number is no person's in the country in which it is read.",
    "ambiguous_number": "A number may be another one: whose plus, zero or point was lost.",
    "no_leading_zero": "A number lacks the leading 0 of its area code.",
    "no_text_number": "A fixed line stands where an SMS should go.",
    "not_a_person": "A number is a paid, shared-cost, voicemail or company line.",
    "country_contradicts_number": "A number's country code is not the one of its row's country.",
    "unknown_country": "The row's country cannot be read, and its number needs it.",
    "ambiguous_country": "The row's country may be more than one place, and its number needs it.",
    "impossible_number": "A number has more or fewer digits than any of its country.",
    "outdated_number": "A number is in a form that its country has given up.",
    "unassigned_number": "A number is well-formed, but assigned to nobody.",
    "mangled_by_excel": "A spreadsheet changed the cell: export the column as text.",
    "malformed_email": "An e-mail address is not one address.",
    "unknown_time_zone": "The time zone is not an IANA name such as Europe/Paris.",
    "unclear_consent": "A consent column says neither yes nor no.",
    "malformed_date": "A date is not one of the calendar, like 2026-01-31.",
    "malformed_duration": "The duration is not in whole seconds.",
    "duration_out_of_range": "The duration is not 1 to 7200 seconds.",
    "too_long": "A cell is too long.",
    "control_characters": "A cell holds line breaks or control characters.",
    "not_utf8": "The row is not UTF-8: save as CSV UTF-8.",
    "not_json": "The line is not JSON.",
    "not_an_object": "The line is JSON, but no object.",
    "broken_quotes": "The quotes around a cell do not match.",
    "cut_off": "The file ends in the middle of this row: export it again.",
    "duplicate_columns": "The row names one column twice.",
    "malformed_value": "A value is not accepted.",
    "not_text": "A cell holds a list or an object, where one value is needed.",
    "too_many_cells": "The row has more cells than there are columns.",
    "other_reasons": "All reasons that are rarer than the ones listed.",
}

_BEFORE = {
    "refused": "Genesys Cloud refused the interaction",
    "outcome_unknown": "The call ended without a clear answer",
    "not_registered": "Genesys Cloud did not register the contact",
}

_NUMBERS = {
    "by_row": "read in their row's country",
    "by_default": "read in the country of the settings",
    "no_sms": "left out for SMS, being fixed lines",
}

NOTHING = "-"
"""Shown where there is no value."""

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def explain(code: str) -> str:
    """One plain sentence for a reason or reject code; codes like `refused:<Genesys' own>` keep their tail."""
    if code in _WHY:
        return _WHY[code]
    start, colon, tail = code.partition(":")
    if colon and start in _BEFORE:
        return f"{_BEFORE[start]} ({clean(tail)})."  # the tail is another system's text
    return clean(sentence(code)) if code else ""


def clean(text: str) -> str:
    """One line of text from the data, without control, bidirectional or invisible characters."""
    # Cut before it is looked at sign by sign; the one sign over tells that there was more.
    shown = "".join(" " if sign in "\t\r\n" else _printable(sign) for sign in text[: LONGEST + 1])
    return shown if len(text) <= LONGEST else f"{shown[:LONGEST]}…"


def _printable(sign: str) -> str:
    return (
        # Cf has the marks that turn the direction of text: one in a name would rewrite its whole line.
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else sign
    )


def numbers_sentence(counts: Mapping[str, int]) -> str:
    """How phone numbers without their country's code were read; "" where there are none."""
    said = [f"{number(counts[key])} {words}" for key, words in _NUMBERS.items() if counts.get(key)]
    return f"Phone numbers without a country's code: {', '.join(said)}" if said else ""


def number(value: float) -> str:
    """Thousands apart: 12,345."""
    return f"{value:,.0f}"


def milliseconds(value: float | None) -> str:
    """Like `12.3 ms`, `450 ms`, `1.25 s`; a dash for None."""
    if value is None:
        return NOTHING
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


def duration(seconds: float | None) -> str:
    """Like `45 s`, `3 min 20 s`, `2 h 5 min`; a dash for None."""
    if seconds is None:
        return NOTHING
    left = round(seconds)
    for place, (size, unit) in enumerate(_UNITS):
        if left >= size:
            smaller, name = _UNITS[place + 1] if place + 1 < len(_UNITS) else (1, "s")
            rest = left % size // smaller
            return f"{left // size} {unit} {rest} {name}" if rest else f"{left // size} {unit}"
    return f"{left} s" if seconds >= 10 or left == seconds else f"{seconds:.1f} s"


def percent(part: float) -> str:
    """Like `97.4 %`."""
    return f"{part * 100:.1f} %"


def instant(at: datetime) -> str:
    """Like `2026-03-02 14:30 UTC`."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
