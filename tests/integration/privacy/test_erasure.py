"""After an erasure nothing personal is left in any file of ours, and what proves and protects still holds."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from outreach.campaign.loading import load_source
from outreach.campaign.reconciliation import reconcile
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, LedgerError, RateLimited, UsageError
from outreach.ledger.audit.verification import verify
from outreach.ledger.database.schema import audit, contacts, rejects, suppressions
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.entries import Chunk
from outreach.ledger.loads.load import Loading
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.ledger.suppressions import find_suppressed, mirror
from outreach.operations.export import export_contacts
from outreach.operations.opt_out import lift
from outreach.operations.resolution import resolve, retry_failed
from outreach.privacy.erasure import erase
from outreach.privacy.subject_access import disclose
from outreach.settings import CampaignSettings, FrequencyCap
from outreach.sources.csv_writer import PrivateCsv
from outreach.sources.opening import open_source
from outreach.webhook.outbox import Settlement
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, advance, clear, load, new_ledger, new_run, people, row_of, states
from tests.support.organisations import Organisation

ADA: dict[str, object] = {
    "external_contact_id": "EXT-7",
    "name": "Ada Quillfeather",
    "sms": "+13175550177",
    "email": "ada.quill@example.org",
    "initial_message": "Dear Ada, your lamp is ready",
    "metadata.shoe": "size thirty-six",
    "time_zone": "America/New_York",
}
KEY = "a key of the ledger, long enough"
TRACES = (
    b"Quillfeather",
    b"3175550177",
    b"ada.quill",
    b"your lamp is ready",
    b"size thirty-six",
)


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def traces(folder: Path) -> list[bytes]:
    content = everything(folder)
    return [trace for trace in TRACES if trace in content]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


def settings(folder: Path, **more: object) -> CampaignSettings:
    return CampaignSettings.model_validate(
        {"message": "Hello", "hours_bind": (), "threads": 2, "output": str(folder / "out"), **more}
    )


def run_with(ledger: Ledger, folder: Path, rows: list[dict[str, object]], name: str = "spring") -> Run:
    with new_run(ledger, Organisation(), settings(folder), name=name) as run:
        load_source(run, open_source(rows), run.rejects_file)
        advance(run)
        return run


@pytest.mark.parametrize("who", ["EXT-7", "+13175550177", "+1 (317) 555-0177", "Ada.Quill@example.org"])
def test_no_byte_of_a_person_is_left_in_any_file(ledger: Ledger, tmp_path: Path, who: str) -> None:
    bad = {**ADA, "time_zone": "Nowhere/At_All"}
    for name in ("spring", "summer"):
        run = run_with(ledger, tmp_path, [*people(5), ADA, {**ADA, "name": "Ada Q. Quillfeather"}, bad], name)
        export_contacts(ledger, run.campaign, ["started", "rejected", "duplicate"], tmp_path / f"{name}.csv")
    assert len(traces(tmp_path)) == len(TRACES)

    done = erase(ledger, who)

    assert (done.contacts, done.campaigns, done.rewritten) == (2, 2, True)
    assert traces(tmp_path) == []
    assert b"p3@example.com" in everything(tmp_path), "the others stay"


def answered(ledger: Ledger, says: str) -> None:
    """The receiver refuses the next event, and says so."""
    box, now = LedgerOutbox(ledger, "default"), ledger.clock.now()
    [message] = box.take(1, now, 60)
    box.settle([Settlement(message.id, "retry", now, 400, "E_HTTP", says)], now)


def test_what_a_receiver_says_of_somebody_is_shown_to_them_and_not_kept_once_they_are_erased(
    ledger: Ledger, tmp_path: Path
) -> None:
    with new_run(ledger, Organisation(), settings(tmp_path)) as run:
        load(run, [ADA])
        advance(run)
    answered(ledger, "who is Ada Quillfeather?")
    [told] = disclose(ledger, "EXT-7")["contacts"][0]["webhooks"]
    assert (told["status"], told["answer"]) == (400, "who is Ada Quillfeather?")

    erase(ledger, "EXT-7")
    answered(ledger, "no more Ada Quillfeather")

    assert traces(tmp_path) == []


def test_a_rejects_file_is_found_from_any_folder(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, elsewhere = tmp_path / "worker", tmp_path / "elsewhere"
    worker.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(worker)
    with new_run(ledger, Organisation(), settings(tmp_path, output="out")) as run:
        load_source(run, open_source([ADA, {**ADA, "time_zone": "Nowhere/At_All"}]), run.rejects_file)
    assert traces(worker)

    monkeypatch.chdir(elsewhere)
    assert erase(ledger, "EXT-7").files == 1
    assert traces(tmp_path) == []


def test_what_a_dying_process_left_half_written_goes_too(ledger: Ledger, tmp_path: Path) -> None:
    run = run_with(ledger, tmp_path, [ADA, {**ADA, "time_zone": "Nowhere/At_All"}])
    left, busy = PrivateCsv(run.rejects_file, ["name"], ()), PrivateCsv(run.rejects_file, ["name"], ())
    left.__enter__().write({"name": "Ada Quillfeather"})
    left._file.close()  # as a killed process does
    with busy as file:
        erase(ledger, "EXT-7")
        assert traces(tmp_path) == []
        file.write({"name": "Bo"})  # somebody else is at work, and is not disturbed
    assert "Bo" in run.rejects_file.read_text()


def test_what_was_sealed_is_gone_too_not_only_unreadable(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sealed.db'}"
    with open_ledger(url, keys=[KEY], encrypted=True, clock=SetClock(NOON)) as ledger:
        bad = {**ADA, "time_zone": "Nowhere/At_All"}
        run_with(ledger, tmp_path, [*people(5), ADA, bad])
        sealed = [row_of(ledger, "EXT-7").payload, *rejected(ledger)]
        assert len(sealed) == 2
        assert all(text.encode() in everything(tmp_path) for text in sealed)

        erase(ledger, "EXT-7")

        assert not any(text.encode() in everything(tmp_path) for text in sealed)
        assert traces(tmp_path) == []


def rejected(ledger: Ledger) -> list[str]:
    with ledger.db.read() as connection:
        return list(connection.execute(select(rejects.c.raw).where(rejects.c.raw.is_not(None))).scalars())


def test_an_export_keeps_everybody_else_as_they_were(ledger: Ledger, tmp_path: Path) -> None:
    run = run_with(ledger, tmp_path, [*people(3), ADA])
    export = tmp_path / "kept.csv"
    export_contacts(ledger, run.campaign, ["started"], export)
    before = list(csv.DictReader(export.read_text().splitlines()))

    erase(ledger, "EXT-7")

    after = list(csv.DictReader(export.read_text().splitlines()))
    assert [row["external_contact_id"] for row in after] == ["C-1", "C-2", "C-3"]
    assert after == [row for row in before if row["external_contact_id"] != "EXT-7"]
    assert export.stat().st_mode & 0o777 == 0o600


def test_the_chains_verify_and_the_sums_hold_after_an_erasure(ledger: Ledger, tmp_path: Path) -> None:
    run = run_with(ledger, tmp_path, [*people(3), ADA])
    erase(ledger, "EXT-7")

    assert verify(ledger, run.campaign).intact
    assert prove(ledger, run.campaign).balanced
    with ledger.db.read() as connection:
        last = select(audit.c.action).where(audit.c.contact_id == row_of(ledger, "EXT-7").id)
        assert connection.execute(last.order_by(audit.c.n.desc())).scalars().first() == "erased"


def test_whoever_was_erased_and_comes_twice_in_a_later_list_leaves_no_word(
    ledger: Ledger, tmp_path: Path
) -> None:
    erase(ledger, "+13175550177")
    with new_run(ledger, Organisation(), settings(tmp_path)) as run:
        load(run, [ADA, ADA])

    assert ledger.db.values(select(rejects.c.code)) == ["duplicate"]
    assert not any(
        "Quillfeather" in raw for raw in map(ledger.vault.open, ledger.db.values(select(rejects.c.raw)))
    )


def test_whoever_is_erased_while_a_list_is_read_leaves_nothing_by_a_later_row_of_it(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as fresh, new_run(fresh, Organisation(), settings(tmp_path)) as run:
        loading = Loading(fresh, run.campaign.id, "list")
        rows = [*people(2), ADA, {**ADA, "external_contact_id": "EXT-8"}]
        chunks = loading.taker.chunks(open_source(rows).rows())
        parts = [Chunk([entry], [], chunk.raws) for chunk in chunks for entry in chunk.entries]
        list(loading.add(parts[:3]))

        erase(fresh, "EXT-7")
        list(loading.add(parts[3:]))

        assert states(fresh)["EXT-8"] == "blocked:erased"
        assert (row_of(fresh, "EXT-8").payload, row_of(fresh, "C-2").payload is None) == (None, False)
        assert prove(fresh, run.campaign).balanced


@pytest.mark.parametrize("state", ["accepted", "registered", "cleared", "deferred", "failed", "blocked"])
def test_whoever_was_not_contacted_yet_is_blocked(ledger: Ledger, tmp_path: Path, state: str) -> None:
    org = Organisation()
    with new_run(ledger, org, settings(tmp_path)) as run:
        load(run, [ADA])
        with ledger.db.write() as connection:
            connection.execute(update(contacts).values(state=state, until=NOON, retryable=True))

        erase(ledger, "EXT-7")
        retry_failed(ledger, run.campaign)
        advance(run)

    assert states(ledger) == {"EXT-7": "blocked:erased"}
    assert org.contacted == []


def test_somebody_contacted_stays_contacted_and_is_suppressed(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "EXT-7")

    assert states(ledger) == {"EXT-7": "started"}
    assert find_suppressed(ledger, ["+13175550177", "ADA.quill@example.org", "+13175550001"]) == {
        "+13175550177",
        "ADA.quill@example.org",
    }
    with ledger.db.read() as connection:
        assert {row.source for row in connection.execute(select(suppressions))} == {"erasure"}


def test_a_list_that_forgets_the_address_does_not_lift_the_suppression(
    ledger: Ledger, tmp_path: Path
) -> None:
    run_with(ledger, tmp_path, [ADA])
    mirror(ledger, ["+13175550177"], organisation="o-1")
    erase(ledger, "EXT-7")
    mirror(ledger, [], organisation="o-1")

    assert find_suppressed(ledger, ["+13175550177"]) == {"+13175550177"}


def test_an_outcome_in_doubt_is_held_and_its_release_contacts_nobody(ledger: Ledger, tmp_path: Path) -> None:
    org = Organisation()
    org.will(Ambiguous("start sms", 0, "read_timeout"), after_effect=True)
    with new_run(ledger, org, settings(tmp_path)) as run:
        load(run, [ADA])
        advance(run)
        assert states(ledger)["EXT-7"].startswith("unknown")

        erase(ledger, "EXT-7")
        assert states(ledger) == {"EXT-7": "held:erased"}
        reconcile(run)
        resolve(ledger, run.campaign, "EXT-7", "released", reason="nobody answered")
        advance(run)

    assert states(ledger) == {"EXT-7": "blocked:erased"}
    assert len(org.contacted) == 1
    assert verify(ledger, run.campaign).intact


def test_a_call_in_the_air_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    with new_ledger(tmp_path, clock=SetClock(NOON)) as ledger:
        with new_run(ledger, Organisation(), settings(tmp_path)) as run:
            load(run, [ADA])
            clear(run)
            ledger.executor.enter()
            with ledger.db.write() as connection:
                in_air = update(contacts).values(state=State.INTENT.value, lease_owner=ledger.executor.id)
                connection.execute(in_air)

            with pytest.raises(LedgerError, match="called at this very moment"):
                erase(ledger, "EXT-7")
        with ledger.db.write() as connection:
            connection.execute(update(contacts).values(lease_owner=None, state=State.CLEARED.value))
        assert erase(ledger, "EXT-7").contacts == 1


def test_the_same_file_loaded_again_brings_nobody_back(ledger: Ledger, tmp_path: Path) -> None:
    org = Organisation()
    with new_run(ledger, org, settings(tmp_path)) as run:
        load(run, [ADA])
        erase(ledger, "EXT-7")
        load(run, [ADA])
        load(run, [{**ADA, "sms": "+13175550199"}])
        advance(run)

    assert states(ledger) == {"EXT-7": "blocked:erased"}
    assert row_of(ledger, "EXT-7").payload is None
    assert org.contacted == []


def test_another_campaign_finds_the_address_suppressed(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "ada.quill@example.org")
    run_with(ledger, tmp_path, [ADA], "autumn")

    assert last_row(ledger).state == "blocked"


NEW_ADDRESSES = {"sms": "+13175550444", "email": "other@example.org"}


@pytest.mark.parametrize("who", ["EXT-7", "ada.quill@example.org"])
def test_an_erased_persons_id_with_another_address_is_contacted_by_no_later_campaign(
    ledger: Ledger, tmp_path: Path, who: str
) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, who)

    run = run_with(ledger, tmp_path, [*people(2), {**ADA, **NEW_ADDRESSES}], "autumn")

    proof = prove(ledger, run.campaign)
    assert (proof.states, proof.reasons) == ({"started": 2, "blocked": 1}, {"erased": 1})
    assert proof.balanced
    assert last_row(ledger).payload is None
    assert find_suppressed(ledger, list(NEW_ADDRESSES.values())) == set(), "nobody asked for these"


def test_each_id_of_whoever_is_erased_by_an_address_is_suppressed(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    run_with(ledger, tmp_path, [{**ADA, "external_contact_id": "CRM-7", "sms": "+13175550188"}], "summer")
    erase(ledger, "ada.quill@example.org")

    later = [{**ADA, **NEW_ADDRESSES, "external_contact_id": each} for each in ("EXT-7", "CRM-7", "CRM-8")]
    run = run_with(ledger, tmp_path, later, "autumn")

    assert prove(ledger, run.campaign).states == {"blocked": 2, "started": 1}


def test_an_erased_id_is_lifted_for_that_persons_wish_alone(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "EXT-7")

    with pytest.raises(UsageError, match=r"Number 1 .*erased.*--erased"):
        lift(ledger, ["EXT-7"])
    assert lift(ledger, ["EXT-7"], reason="she asked to", erased_too=True) == [True]

    run = run_with(ledger, tmp_path, [{**ADA, **NEW_ADDRESSES}], "autumn")
    assert prove(ledger, run.campaign).contacted == 1
    with pytest.raises(UsageError, match="address"):  # nobody's of whom an erasure is known
        lift(ledger, ["EXT-7"], erased_too=True)


def test_an_id_that_an_earlier_version_erased_is_suppressed_by_erasing_it_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "EXT-7")
    ledger.db.execute(delete(suppressions).where(suppressions.c.address_key == key_of(ledger, "EXT-7")))

    erase(ledger, "EXT-7")

    assert key_of(ledger, "EXT-7") in ledger.db.values(select(suppressions.c.address_key))


def key_of(ledger: Ledger, name: str) -> str:
    return ledger.vault.person_key(name)


def last_row(ledger: Ledger) -> Any:
    with ledger.db.read() as connection:
        return connection.execute(select(contacts).order_by(contacts.c.id.desc())).first()


def test_an_erasure_by_id_says_who_shares_the_address(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA, {**ADA, "external_contact_id": "EXT-8", "name": "Bo"}])

    assert erase(ledger, "EXT-7").sharing == 1
    assert erase(ledger, "+13175550177").sharing == 0
    assert row_of(ledger, "EXT-8").payload is None


def test_caps_still_count_whoever_was_erased(ledger: Ledger, tmp_path: Path) -> None:
    capped = settings(tmp_path, caps=(FrequencyCap(contacts=1, hours=24),))
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "EXT-7")
    lift(ledger, ["EXT-7"], erased_too=True)
    other = {**ADA, **NEW_ADDRESSES}
    with new_run(ledger, Organisation(), capped, name="autumn") as run:
        load(run, [other])
        advance(run)

    assert last_row(ledger).state == "deferred"


def test_a_stranger_is_a_mistake_and_a_strange_address_is_suppressed(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    with pytest.raises(UsageError, match="Nobody in this ledger has that id"):
        erase(ledger, "EXT-404")
    assert erase(ledger, "new@example.org").suppressed == 1


@pytest.mark.parametrize("who", ["", " ", "?", "\u200b"])
def test_who_is_not_named_is_nobody_and_nothing_goes(ledger: Ledger, tmp_path: Path, who: str) -> None:
    bad = {**ADA, "email": "", "time_zone": "Nowhere/At_All", "name": "Ada?"}
    run = run_with(ledger, tmp_path, [*people(2), bad])
    before = run.rejects_file.read_bytes()

    with pytest.raises(UsageError, match="Nobody is named"):
        erase(ledger, who)
    with pytest.raises(UsageError, match="Nobody is named"):
        disclose(ledger, who)

    assert run.rejects_file.read_bytes() == before
    assert ledger.db.value(select(rejects.c.raw)) is not None


def test_rejected_rows_are_found_by_id_address_and_other_spellings(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"external_contact_id": "EXT-7", "name": "Ada Quillfeather", "email": "not an address"},
        {"external_contact_id": "", "name": "Ada", "sms": "(317) 555-0177"},
        {"external_contact_id": "-!", "name": "Somebody Else", "email": "else@example.org"},
    ]
    run_with(ledger, tmp_path, [ADA, *rows])

    assert erase(ledger, "EXT-7").rows == 2
    with ledger.db.read() as connection:
        kept = connection.execute(select(rejects.c.raw).where(rejects.c.raw.is_not(None))).scalars().all()
    assert len(kept) == 1
    assert "Somebody Else" in kept[0]


UNREADABLE: dict[str, object] = {
    "external_contact_id": "EXT-8",
    "name": "Bo",
    "sms": "0171 5550101",
    "email": "bo.lamp@example.org",
    "referred_by": "EXT-7",
}


@pytest.mark.parametrize(
    "mended",
    [
        {"external_contact_id": "EXT-8", "sms": "+491715550101", "email": ""},
        {"external_contact_id": "EXT-9", "sms": ""},
    ],
)
def test_whoever_was_erased_and_had_but_a_row_that_could_not_be_read_is_contacted_by_no_later_list(
    ledger: Ledger, tmp_path: Path, mended: dict[str, object]
) -> None:
    run_with(ledger, tmp_path, [*people(2), UNREADABLE])

    done = erase(ledger, "EXT-8")
    runs = [run_with(ledger, tmp_path, [{**UNREADABLE, **mended}], name) for name in ("spring", "summer")]

    assert (done.contacts, done.rows, done.suppressed) == (0, 1, 1)
    proofs = [prove(ledger, run.campaign) for run in runs]
    assert [(proof.states, proof.balanced) for proof in proofs] == [
        ({"started": 2, "blocked": 1}, True),
        ({"blocked": 1}, True),
    ]
    assert "bo.lamp" not in str(everything(tmp_path))


def test_a_national_number_of_an_erased_persons_row_is_suppressed_by_its_campaigns_country(
    ledger: Ledger, tmp_path: Path
) -> None:
    columns = {"Nr": "external_contact_id", "Handy": "sms", "Wer": "name"}
    given = settings(tmp_path, columns=columns, country="DE")
    with new_run(ledger, Organisation(), given) as run:
        rows = [{"Nr": "EXT-8", "Wer": "", "Handy": "0171 5550101"}]
        load_source(run, open_source(rows, columns=columns, country="DE"), run.rejects_file)

    erase(ledger, "EXT-8")

    assert find_suppressed(ledger, ["+491715550101"])


def test_a_row_that_only_mentions_whoever_is_erased_is_another_persons(
    ledger: Ledger, tmp_path: Path
) -> None:
    run_with(ledger, tmp_path, [ADA, UNREADABLE])

    erase(ledger, "EXT-7")

    assert not find_suppressed(ledger, ["bo.lamp@example.org"])


def test_a_person_is_shown_everything_across_campaigns(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("spring", "summer"):
        run_with(ledger, tmp_path, [*people(2), ADA], name)

    shown = disclose(ledger, "+1 317 555 0177")

    assert [contact["campaign"] for contact in shown["contacts"]] == ["spring", "summer"]
    assert shown["contacts"][0]["data"]["name"] == "Ada Quillfeather"
    assert shown["contacts"][0]["history"][-1]["action"] == "started"
    assert "Person 1" not in str(shown)


def test_after_an_erasure_there_is_nothing_to_show(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    erase(ledger, "EXT-7")

    shown = disclose(ledger, "EXT-7")
    assert shown["contacts"][0]["data"] is None
    assert "Quillfeather" not in str(shown)


def test_a_refusal_before_the_erasure_leaves_no_trace_either(ledger: Ledger, tmp_path: Path) -> None:
    org = Organisation()
    org.will(RateLimited("start sms", 429), times=5)
    with new_run(ledger, org, settings(tmp_path)) as run:
        load(run, [ADA])
        clear(run)
    erase(ledger, "EXT-7")

    assert traces(tmp_path) == []


@pytest.mark.parametrize(
    "theirs",
    [
        {**ADA, "sms": "317-555-0177 ext 4"},
        {**ADA, "sms": "", "email": "not an address"},
        {**ADA, "external_contact_id": "", "email": ""},
        {**ADA, "sms": "+13175550444", "email": "new.quill@example.org"},
    ],
    ids=["address", "id", "address alone", "second row of the id"],
)
@pytest.mark.parametrize("before", [0, 1], ids=["same line", "another line"])
def test_no_row_of_a_later_list_that_is_refused_brings_anybody_back(
    ledger: Ledger, tmp_path: Path, theirs: dict[str, object], before: int
) -> None:
    rows = [*people(2), ADA, theirs, {**ADA, "external_contact_id": "", "sms": "317 555 0177", "email": ""}]
    run_with(ledger, tmp_path, rows)
    erase(ledger, "EXT-7")

    later = [*people(before, first=9), *(rows if before == 0 else rows[:-1])]
    with new_run(ledger, Organisation(), settings(tmp_path)) as run:
        load_source(run, open_source(later), run.rejects_file)

    assert (traces(tmp_path), b"new.quill" in everything(tmp_path)) == ([], False)
    assert prove(ledger, run.campaign).balanced
    assert run.rejects_file.exists(), "line and reason stay"


INTERNAL = {"id", "campaign_id", "load_id", "line", "content_key", "payload", "retryable", "looks", "deaths"}
INTERNAL |= {"lease_owner", "audit_count", "audit_head"}


def test_a_person_is_shown_each_column_that_says_something_of_them(ledger: Ledger, tmp_path: Path) -> None:
    run_with(ledger, tmp_path, [ADA])
    [shown] = disclose(ledger, "EXT-7")["contacts"]
    assert set(contacts.c.keys()) - INTERNAL <= set(shown)
