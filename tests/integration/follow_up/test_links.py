"""Every conversation that we start names its contact, whatever its channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import Forbidden, Invalid, NotSent
from outreach.follow_up.links import link_due
from outreach.follow_up.rounds import follow_up
from outreach.ledger.proof import prove
from outreach.settings import CampaignSettings, Link
from tests.support.campaigns import SETTINGS, minutes, person, stage
from tests.support.follow_up_scenes import WHATSAPP, people, scene

PER_CHANNEL = 25


def test_after_a_campaign_over_four_channels_and_one_round_every_conversation_names_its_contact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scene(tmp_path) as staged:
        staged.contact(people(PER_CHANNEL))
        contacted = len(staged.rows())
        spent = staged.requests()
        staged.pass_time(65)

        counts = follow_up(staged.run)

        after = staged.requests() - spent
        assert staged.named() == {row.conversation_id: row.genesys_id for row in staged.rows()}
        assert counts["linked"] == PER_CHANNEL * 2  # e-mails and callbacks: the other calls carry the contact
        with capsys.disabled():
            print(f"\nrequests a contact over four channels: {spent / contacted:.2f}, linked by the follow-up"
                  f" {after / contacted:.2f} more")  # fmt: skip
        staged.pass_time(400)
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).links == {"named": contacted}
        assert staged.genesys.truth()["count"] == contacted


def test_a_run_where_half_go_by_email_stays_within_its_requests_a_contact(tmp_path: Path) -> None:
    with scene(tmp_path) as staged:
        staged.contact(people(50, ("sms", "email")))
        staged.pass_time(65)
        linked = link_due(staged.run, 100)
        assert linked > 0
        assert staged.requests() / 100 <= 1.25
        print(f"requests a contact of the run, half by e-mail: {staged.requests() / 100:.2f}")


@pytest.mark.parametrize(("recognises", "most"), [(True, 1.25), (False, 1.7)])
def test_with_every_link_a_contact_costs_a_request_more_for_each_email_that_genesys_does_not_recognise(
    tmp_path: Path, *, recognises: bool, most: float
) -> None:
    with scene(tmp_path, email_matches_contact=recognises) as staged:
        staged.contact(people(50, ("sms", "email")))
        staged.pass_time(65)
        link_due(staged.run, 100)
        follow_up(staged.run)
        assert None not in staged.named().values()
        assert staged.requests() / 100 <= most


def test_a_202_is_no_proof_and_the_next_reading_is(tmp_path: Path) -> None:
    with scene(tmp_path, association_seconds=200) as staged:
        staged.contact(people(1, ("email",)))
        staged.pass_time(65)
        follow_up(staged.run)
        assert set(staged.named().values()) == {None}
        assert prove(staged.ledger, staged.run.campaign).links == {"asked": 1}
        staged.pass_time(320)
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).links == {"named": 1}


def test_whom_genesys_recognised_by_itself_is_not_linked_again(tmp_path: Path) -> None:
    with scene(tmp_path, email_matches_contact=True) as staged:
        staged.contact(people(5, ("email",)))
        staged.pass_time(65)
        before = staged.requests()
        counts = follow_up(staged.run)
        assert (counts["linked"], staged.requests() - before) == (0, 2)  # one read, one look for answers
        assert prove(staged.ledger, staged.run.campaign).links == {"named": 5}


def test_who_was_merged_is_linked_by_the_id_of_today(tmp_path: Path) -> None:
    with scene(tmp_path) as staged:
        staged.contact(people(1, ("email", "sms")))
        ids = [row.genesys_id for row in staged.rows()]
        org = staged.genesys.org
        merged = org.contacts.merge([org.contacts.by_id[each] for each in ids], {}, org.now())
        staged.pass_time(65)
        follow_up(staged.run)
        mail = staged.rows()[0]
        assert staged.named()[mail.conversation_id] == merged.genesys_id
        staged.pass_time(400)
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).links == {"named": 2}


def test_whatsapp_carries_no_contact_and_is_linked_afterwards(tmp_path: Path) -> None:
    with scene(tmp_path, senders=WHATSAPP) as staged:
        staged.contact([{"external_contact_id": "W-1", "name": "N", "chat": "+13175550123"}])
        staged.pass_time(65)
        assert follow_up(staged.run)["linked"] == 1
        assert None not in staged.named().values()


def test_a_role_that_may_not_link_costs_one_request_a_round_and_nobody_their_end(tmp_path: Path) -> None:
    denied = {"*": ["externalContacts:conversation:associate", "relate:conversation:associate"]}
    with scene(tmp_path, permissions_denied=denied) as staged:
        staged.contact(people(10, ("email",)))
        staged.pass_time(65)
        before = staged.requests()
        counts = follow_up(staged.run)
        assert (counts["ended"], counts["linked"]) == (10, 0)
        assert staged.requests() - before == 4  # read, look up, the refusal, look for answers
        assert prove(staged.ledger, staged.run.campaign).links == {"not_shown": 10}


def test_never_asks_for_no_link(tmp_path: Path) -> None:
    with scene(tmp_path, CampaignSettings(message="Hello", hours_bind=(), link=Link.NEVER)) as staged:
        staged.contact(people(2))
        staged.pass_time(65)
        assert follow_up(staged.run)["linked"] == 0
        assert link_due(staged.run, 100) == 0
        assert [name for name, who in staged.named().items() if who is None]


def test_what_genesys_takes_and_never_shows_is_asked_three_times(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.org.change("c-1", contact_ids=frozenset())
        staged.clock.advance(90)
        staged.org.finish("c-1")
        staged.org.change("c-1", delivery="delivery-success")
        for _ in range(4 * 24 * 4):
            staged.clock.advance(minutes(15))
            follow_up(staged.run)
        assert len(staged.org.links) == 3
        assert (staged.row().link, staged.row().look_at) == ("refused", None)
        assert len(staged.events("contact_interaction_ended")) == 1


@pytest.mark.parametrize(
    ("error", "link"),
    [(Invalid("link", 400), "refused"), (NotSent("link"), ""), (Forbidden("link", 403), "")],
)
def test_a_link_that_fails_never_fails_the_round(tmp_path: Path, error: Exception, link: str) -> None:
    with stage(tmp_path, [person(1), person(2)], SETTINGS) as staged:
        staged.org.change("c-1", contact_ids=frozenset())
        staged.org.refuses_link = error  # type: ignore[assignment]  # one of ours
        staged.clock.advance(60)
        assert follow_up(staged.run)["looked"] == 2
        assert [row.link for row in staged.rows()] == [link, "named"]


def test_a_conversation_that_names_somebody_else_is_linked_to_the_person(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.org.change("c-1", contact_ids=frozenset({"g-other"}))
        staged.clock.advance(60)
        follow_up(staged.run)
        assert staged.org.links == [("c-1", "g-EXT-1")]
