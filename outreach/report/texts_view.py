"""What a preview says, for reports: ids, counts and signs; never a word of what a person gets."""

from collections.abc import Mapping
from typing import Any

from outreach.report.markdown import escape, write_table
from outreach.report.tables import Table
from outreach.report.wording import NOTHING, clean, explain, number

_NO_MESSAGE = "no_message"


def text_sentences(texts: Mapping[str, Any]) -> list[str]:
    """What SMS cost, which sign makes them dear, what was replaced, and who cannot be told anything."""
    if not texts:
        return []
    said = [_cost(texts["sms"])] if texts["sms"]["messages"] else []
    if replaced := texts["sms"]["replaced"]:
        named = ", ".join(f"{sign} {number(count)} times" for sign, count in replaced.items())
        said.append(f"Signs replaced in SMS: {named}")
    for problem, count in texts["unsaid"].items():
        if problem == _NO_MESSAGE:
            said.append(
                f"{number(count)} have no message: {explain(_NO_MESSAGE)} On the platform API a run contacts "
                "nobody until there is one"
            )
        else:
            said.append(f"{number(count)} rows: {problem.rstrip('.')}")
    return said


def write_texts(texts: Mapping[str, Any]) -> str:
    """As Markdown, for a form: what it costs, the texts with their fields, and ten people by their ids."""
    parts = [f"{escape(said)}." for said in text_sentences(texts)]
    for table in (template_table(texts), people_table(texts)):
        if table.rows:
            parts += [f"**{escape(table.title)}**", write_table(table)]
    return "".join(f"\n\n{part}" for part in parts)


def _cost(sms: Mapping[str, Any]) -> str:
    cost = f", at the price of a segment {sms['cost']:,.2f}" if sms["cost"] is not None else ""
    words = f"{number(sms['messages'])} SMS take {number(sms['segments'])} segments{cost}"
    dearest = sms["dearest"]
    if not dearest or dearest["segments"] < 2:
        return words
    sign = f", for the sign {dearest['sign']}" if dearest["sign"] else ""
    return f"{words}. The dearest takes {dearest['segments']}{sign} ({dearest['external_contact_id']})"


def people_table(texts: Mapping[str, Any]) -> Table:
    """Ten people: on which channel, from whom, how long."""
    rows = tuple(
        (
            clean(one["external_contact_id"]),
            one["channel"],
            clean(one["sender"]) or NOTHING,
            clean(one["language"]) or NOTHING,
            number(one["characters"]),
            number(one["segments"]) if one["segments"] else NOTHING,
            one["sign"] or NOTHING,
        )
        for one in texts.get("people", ())
    )
    headers = ("Contact", "Channel", "From", "Language", "Length", "Segments", "Dear sign")
    return Table(f"What {len(rows)} people get", headers, rows)


def template_table(texts: Mapping[str, Any]) -> Table:
    """The campaign's texts as they are written, with their fields."""
    rows = tuple((clean(name), clean(text)) for name, text in texts.get("templates", {}).items())
    return Table("Texts", ("Setting", "As it is written"), rows)
