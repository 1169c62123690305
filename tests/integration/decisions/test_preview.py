"""The preview counts the real list: what SMS cost, who makes them dear, who gets what."""

from __future__ import annotations

import json
from typing import Any

from outreach.contacts import Channel
from outreach.decisions.dry_run import decide_all
from outreach.decisions.preview import Preview
from outreach.report.texts_view import text_sentences, write_texts
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.ledgers import NOON, people


def look(rows: list[dict[str, object]], **settings: Any) -> Preview:
    chosen = CampaignSettings.model_validate({"hours_bind": (), **settings})
    seen = Preview(chosen, lambda _, channel: {Channel.SMS: "+13175550100"}.get(channel))
    list(seen.watch(decide_all(open_source(rows), chosen, campaign="c", at=NOON)))
    return seen


def test_the_dearest_row_and_its_sign_are_those_of_the_real_list() -> None:
    rows = people(30)
    rows[17]["name"] = "Łukasz Wiśniewski"
    seen = look(rows, message="Hi {{ name }}, 3:30\u202fPM" + "x" * 130, sms_segment_price=0.1)

    told = seen.as_json()
    assert told["sms"] == {
        "messages": 30,
        "segments": 32,
        "cost": 3.2,
        "dearest": told["people"][1],
        "replaced": {"U+202F": 30},
    }
    assert seen.dearest
    assert (seen.dearest.external_contact_id, seen.dearest.sign) == ("C-18", "U+0141")
    assert "The dearest takes 3, for the sign U+0141 (C-18)" in " ".join(text_sentences(told))


def test_one_of_each_language_and_channel_is_shown_first() -> None:
    rows = people(30)
    rows[20]["metadata.language"] = "de"
    rows[25].pop("sms")
    shown = look(rows, message={"en": "Hi {{ name }}", "de": "Hallo {{ name }}"}, language="en").show()

    assert len(shown) == 10
    assert [one.external_contact_id for one in shown[:3]] == ["C-1", "C-21", "C-26"]
    assert shown[1].said.text == "Hallo Person 21"
    assert (shown[0].sender, shown[2].sender) == ("+13175550100", "")


def test_what_lacks_is_counted_and_no_report_holds_a_word_of_anybodys() -> None:
    rows = [{**row, "metadata.city": "Rome"} for row in people(30)]
    rows[3]["metadata.city"] = ""
    seen = look(rows, message="Hi {{ name }} in {{ metadata.city }}")

    told = seen.as_json()
    assert told["unsaid"] == {"The message cannot be written: metadata.city is empty.": 1}
    for report in (json.dumps(told), write_texts(told)):
        assert "Person" not in report
        assert "Rome" not in report
        assert "metadata.city" in report
