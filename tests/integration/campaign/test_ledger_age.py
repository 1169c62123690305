"""A ledger that went back in time contacts nobody: what the emulator knows of, channel by channel."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.clock import SystemClock
from outreach.errors import LedgerError, LedgerOutdated, OutreachError
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.backup import back_up
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.claims import everything
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.ledger.witness import Mark
from outreach.ledger.wrong_clocks import take_back_instants
from outreach.operations.catch_up import catch_up
from outreach.operations.opt_out import opt_out, suppress_file
from outreach.operations.resolution import release_waiting
from outreach.privacy.erasure import erase
from outreach.settings import CampaignSettings, ConsentPolicy
from outreach.sources.opening import open_source
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_clients import logged_in
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import KEY

SETTINGS = CampaignSettings(message="Hello", hours_bind=())
ADDRESSES = {
    "sms": "+1317555{:04d}",
    "email": "p{}@example.com",
    "voice": "+1317556{:04d}",
    "chat": "visitor-{}",
}


def crowd(*numbers: int) -> list[dict[str, Any]]:
    """So many people on each of the four channels."""
    return [
        {"external_contact_id": f"{channel}-{n}", "name": "N", channel: address.format(n)}
        for n in numbers
        for channel, address in ADDRESSES.items()
    ]


class LaterClock(SystemClock):
    """The machine's, so many minutes ahead: Genesys' index had time."""

    def __init__(self, minutes: float = 0) -> None:
        self.ahead = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return super().now() + self.ahead


@dataclass
class Place:
    """A folder with a ledger, and the organisation that is contacted from it."""

    folder: Path
    genesys: EmulatorThread
    api: Any = "platform"
    clock: LaterClock = field(default_factory=LaterClock)
    url: str = ""
    """Of a database elsewhere, in place of the file."""

    @property
    def file(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def keys(self) -> tuple[str, ...]:
        return (KEY,) if self.url else ()

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Ledger, Any]]:
        account = Account(api=self.api, client_id="demo", client_secret="demo", api_url=self.genesys.url)
        senders = Senders(**SENDERS)  # type: ignore[arg-type]  # a plain mapping
        with (
            open_ledger(self.url or f"sqlite:///{self.file}", keys=self.keys, clock=self.clock) as ledger,
            open_genesys(
                account,
                senders=senders,
                requests_per_minute=None,
                creations_per_minute=None,
                clock=self.clock,
            ) as client,
        ):
            yield ledger, client

    def run(
        self,
        people: Sequence[dict[str, Any]],
        name: str = "spring",
        settings: CampaignSettings = SETTINGS,
    ) -> Proof:
        with self.opened() as (ledger, client), open_run(ledger, client, name, settings) as run:
            return work(run, people)

    def back_up(self) -> None:
        shutil.copytree(self.folder, self.folder.with_name("backup"))

    def restore(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder.with_name("backup"), self.folder)

    def forget_witness(self, monkeypatch: pytest.MonkeyPatch, name: str = "elsewhere") -> None:
        """As on another machine."""
        monkeypatch.setenv("OUTREACH_WITNESS_FOLDER", str(self.folder.with_name(name)))

    def contacted(self) -> int:
        return int(self.genesys.truth()["count"])

    def twice(self) -> int:
        return int(self.genesys.truth()["contacted_twice_count"])

    def queries(self) -> int:
        return sum(int(token["accepted"]) for token in self.genesys.metrics()["tokens"])


def work(run: Run, people: Sequence[dict[str, Any]]) -> Proof:
    load_source(run, open_source(people))
    run.age.confirm()
    reconsider(run)
    batch = everything(run.campaign.name)
    register_batch(run, batch)
    validate_batch(run, batch)
    interact_batch(run, batch)
    return prove(run.ledger, run.campaign)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with emulator_thread(index_delay_seconds=0) as genesys:
        (tmp_path / "place").mkdir()
        yield Place(tmp_path / "place", genesys)


def test_a_restored_ledger_contacts_nobody_twice_on_any_channel(place: Place) -> None:
    place.run(crowd(1))
    place.back_up()
    place.run(crowd(1, 2, 3))
    place.restore()

    with contextlib.suppress(OutreachError):
        place.run(crowd(1, 2, 3, 4))

    assert (place.contacted(), place.twice()) == (12, 0)


def test_a_copy_without_its_log_contacts_nobody_twice(place: Place, tmp_path: Path) -> None:
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS) as run:
        work(run, crowd(1, 2, 3))
        copy = Place(tmp_path / "copy", place.genesys)
        copy.folder.mkdir()
        shutil.copy(place.file, copy.file)  # rows lie in -wal still
        shutil.copy(f"{place.file}.key", f"{copy.file}.key")

    with contextlib.suppress(OutreachError):
        copy.run(crowd(1, 2, 3))

    assert (place.contacted(), place.twice()) == (12, 0)


def test_on_another_machine_genesys_tells_that_a_ledger_is_older(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(crowd(1))
    place.back_up()
    place.run(crowd(1, 2, 3))
    place.restore()
    place.forget_witness(monkeypatch)

    with pytest.raises(LedgerOutdated, match="ledger catch-up"):
        place.run(crowd(1, 2, 3))

    assert (place.contacted(), place.twice()) == (12, 0)


def test_what_another_user_did_since_a_copy_is_no_secret_to_genesys(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(crowd(1))
    place.back_up()
    with monkeypatch.context() as other:
        place.forget_witness(other)
        place.run(crowd(1, 2, 3))
    place.restore()
    place.file.chmod(0o660)  # a file of several users

    with pytest.raises(LedgerOutdated, match="Genesys knows"):
        place.run(crowd(1, 2, 3))

    assert (place.contacted(), place.twice()) == (12, 0)


def test_a_ledger_whose_witness_knows_it_asks_genesys_nothing_more(place: Place) -> None:
    def cost() -> int:
        before = place.queries()
        place.run(crowd(1))
        return place.queries() - before

    cost()
    assert cost() == 0  # everybody is contacted, and nobody is asked about


def test_catching_up_takes_in_every_channel_and_the_campaign_goes_on(place: Place) -> None:
    place.run(crowd(1))
    place.back_up()
    place.run(crowd(1, 2, 3))
    place.restore()
    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2, 3, 4))
    place.clock.ahead = timedelta(minutes=30)

    with place.opened() as (ledger, client):
        done = catch_up(ledger, client)
    proof = place.run(crowd(1, 2, 3, 4))

    assert (done.found, done.held) == (8, 0)
    assert proof.balanced
    assert proof.contacted == 16
    assert (place.contacted(), place.twice()) == (16, 0)


def test_a_copy_from_a_run_whose_clock_was_ahead_is_caught_up_with_what_that_run_did(place: Place) -> None:
    place.clock.ahead = timedelta(days=1)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS) as run:
        work(run, crowd(1))
        load_source(run, open_source(crowd(1, 2)))
        back_up(ledger, place.folder.with_name("backup") / "ledger.db")
        work(run, crowd(1, 2))
    place.restore()
    place.clock.ahead = timedelta(minutes=30)

    with place.opened() as (ledger, client):
        take_back_instants(ledger)
        assert catch_up(ledger, client).found == 4
    proof = place.run(crowd(1, 2, 3))

    assert proof.balanced
    assert (place.contacted(), place.twice()) == (12, 0)


def test_a_ledger_from_the_future_is_caught_up_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.clock.ahead = timedelta(days=10)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS) as run:
        load_source(run, open_source(crowd(1)))
    place.clock.ahead = timedelta()
    place.forget_witness(monkeypatch)

    with pytest.raises(LedgerOutdated, match="Nobody here can say"):
        place.run(crowd(1))
    with place.opened() as (ledger, client):
        catch_up(ledger, client)
    place.forget_witness(monkeypatch, "and again")

    assert place.run(crowd(1)).contacted == 4


def test_what_an_attempt_in_doubt_may_have_started_is_forgotten_by_nobody(place: Place) -> None:
    person, twin = ({"external_contact_id": name, "name": "N", "sms": "+13175550001"} for name in "ab")
    place.genesys.configure(faults=[{"kind": "act_then_reset", "operation": "messages.agentless"}])
    assert place.run([person]).unknown == 1
    place.back_up()
    place.run([person, *crowd(2)])
    place.genesys.configure(faults=[])
    place.restore()
    place.clock.ahead = timedelta(minutes=30)

    with place.opened() as (ledger, client):
        catch_up(ledger, client)
    proof = place.run([person, twin])

    assert proof.balanced
    assert (proof.unknown, proof.reasons["same_address"]) == (1, 1)
    assert place.twice() == 0


def test_nobody_catches_up_before_genesys_can_show_what_was_done(place: Place) -> None:
    place.run(crowd(1))

    with place.opened() as (ledger, client), pytest.raises(LedgerError, match="Catch up again after"):
        catch_up(ledger, client)


def test_a_ledger_from_before_its_campaign_is_caught_up_with_what_is_loaded_later(place: Place) -> None:
    place.run(crowd(9), name="winter")
    place.back_up()
    place.run(crowd(1, 2))
    place.restore()
    place.clock.ahead = timedelta(minutes=30)
    with place.opened() as (ledger, client):
        catch_up(ledger, client)

    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2, 3))
    with place.opened() as (ledger, client):
        assert catch_up(ledger, client).found == 8
    proof = place.run(crowd(1, 2, 3))

    assert proof.balanced
    assert (place.contacted(), place.twice()) == (16, 0)


def test_two_rows_that_one_text_message_may_have_gone_to_are_held(place: Place) -> None:
    twin = {"external_contact_id": "twin", "name": "N", "sms": "+13175550002"}
    place.run(crowd(1))
    place.back_up()
    place.run(crowd(1, 2))
    place.restore()
    with pytest.raises(LedgerOutdated):
        place.run([*crowd(1, 2), twin])
    place.clock.ahead = timedelta(minutes=30)

    with place.opened() as (ledger, client):
        done = catch_up(ledger, client)
    proof = place.run([*crowd(1, 2), twin])

    assert (done.found, done.held) == (3, 2)
    assert proof.balanced
    assert place.twice() == 0


def test_an_api_without_a_look_up_can_only_hold(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with emulator_thread() as genesys:
        place = Place(tmp_path / "place", genesys, api="guide")
        place.run(crowd(1))
        place.back_up()
        place.run(crowd(1, 2))
        place.restore()
        with pytest.raises(LedgerOutdated):
            place.run(crowd(1, 2, 3))

        with place.opened() as (ledger, client):
            assert catch_up(ledger, client).held == 8
        proof = place.run(crowd(1, 2, 3))

        assert proof.balanced
        assert (place.contacted(), place.twice()) == (8, 0)


class SharedMark:
    """A witness for all machines, to whom runs that are killed tell no end."""

    is_shared: ClassVar[bool] = True

    def __init__(self, *, is_killed: bool = True) -> None:
        self.kept: dict[str, Mark] = {}
        self.is_killed = is_killed

    def recall(self, identity: str) -> Mark | None:
        return self.kept.get(identity)

    def remember(self, identity: str, mark: Mark) -> None:
        self.kept[identity] = replace(mark, is_open=mark.is_open or self.is_killed)


def run_beside(place: Place, witness: SharedMark, name: str) -> None:
    with (
        place.opened() as (ledger, client),
        open_run(ledger, client, name, SETTINGS, witnesses=[witness]) as run,
    ):
        work(run, crowd(1, 2))


def test_where_genesys_shows_nothing_a_run_after_a_killed_one_names_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with emulator_thread() as genesys:
        place, witness = Place(tmp_path / "place", genesys, api="guide"), SharedMark()
        run_beside(place, witness, "spring")

        with pytest.raises(LedgerOutdated, match="catch-up --whole REASON"):
            run_beside(place, witness, "summer")


def test_where_genesys_shows_nothing_a_run_beside_another_is_told_to_wait_for_its_end(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with emulator_thread() as genesys:
        place, witness = Place(tmp_path / "place", genesys, api="guide"), SharedMark(is_killed=False)
        run_beside(place, witness, "winter")
        with (
            place.opened() as (ledger, client),
            open_run(ledger, client, "spring", SETTINGS, witnesses=[witness]) as run,
        ):
            work(run, crowd(1))

            with pytest.raises(LedgerOutdated, match="once that has ended"):
                run_beside(place, witness, "summer")


def assert_held_after_going_back(place: Place) -> None:
    """The four are contacted, the ledger of before comes back, and catching up holds all of them."""
    place.back_up()
    place.run(crowd(1))
    place.restore()
    with place.opened() as (ledger, client):
        assert catch_up(ledger, client).held == 4
    place.run(crowd(1))

    assert (place.contacted(), place.twice()) == (4, 0)


def test_without_a_look_up_those_are_held_too_whom_only_our_own_reason_kept_back(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    asking = SETTINGS.model_copy(update={"consent": ConsentPolicy.REQUIRED})
    with emulator_thread() as genesys:
        place = Place(tmp_path / "place", genesys, api="guide")
        place.run(crowd(1), settings=asking)

        assert_held_after_going_back(place)


def test_without_a_look_up_those_are_held_too_whose_row_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with emulator_thread() as genesys:
        place = Place(tmp_path / "place", genesys, api="guide")
        with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS) as run:
            load_source(run, open_source(crowd(1)))
            load_source(run, open_source([{**row, "consent.sms": "perhaps"} for row in crowd(1)]))

        assert_held_after_going_back(place)


def test_another_tool_with_our_senders_stops_no_run(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run(crowd(1))
    other = Place(place.folder.with_name("other"), place.genesys)
    other.folder.mkdir()
    other.run(crowd(7, 8))
    place.forget_witness(monkeypatch)

    assert place.run(crowd(1, 2)).contacted == 8


def test_an_older_ledger_costs_three_requests_at_the_most(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(crowd(1))
    place.back_up()
    place.run(crowd(*range(1, 120)))
    place.restore()
    place.forget_witness(monkeypatch)
    before = place.queries()

    with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS) as run:
        load_source(run, open_source(crowd(1, 2)))
        with pytest.raises(LedgerOutdated):
            run.age.confirm()

    assert place.queries() - before <= 3


def test_what_the_ledger_itself_started_at_once_is_no_reason_to_stop(place: Place) -> None:
    place.run(crowd(*range(80)))  # 320 in two seconds: more than the three requests of a run's start show
    place.file.chmod(0o660)  # no witness vouches, as for PostgreSQL's

    assert place.run(crowd(100), name="next").contacted == 4


def test_a_person_may_say_that_nothing_is_missing(place: Place) -> None:
    place.run(crowd(1))
    place.back_up()
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", SETTINGS):
        pass  # one record more, and nobody contacted
    place.restore()
    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))

    with place.opened() as (ledger, client):
        done = catch_up(ledger, client, whole="I stopped it before anybody was contacted")

    assert (done.found, done.held) == (0, 0)
    assert place.run(crowd(1, 2)).contacted == 8


def by_hand(ledger: Ledger, address: str) -> None:
    opt_out(ledger, [address])


def by_file(ledger: Ledger, address: str) -> None:
    file = Path(str(ledger.db.engine.url.database)).with_name("opted-out.csv")
    file.write_text(f"sms\n{address}\n")
    suppress_file(ledger, file)


@pytest.mark.parametrize("give", [by_hand, by_file, erase])
def test_a_ledger_from_before_an_opt_out_contacts_nobody(
    place: Place, give: Callable[[Ledger, str], object]
) -> None:
    place.run(crowd(1))
    place.back_up()
    with place.opened() as (ledger, _):
        give(ledger, "+13175550002")
    place.restore()

    with contextlib.suppress(OutreachError):
        place.run(crowd(1, 2))

    assert place.contacted() == 4


def caught_up(place: Place) -> tuple[int, int]:
    with place.opened() as (ledger, client):
        done = catch_up(ledger, client)
    return done.found, done.held


def forget_spring(place: Place) -> None:
    """Spring is contacted, forgotten, and taken for winter, which has the same people."""
    place.run(crowd(9), name="winter")
    place.back_up()
    place.run(crowd(1))
    place.restore()
    with pytest.raises(LedgerOutdated):
        place.run(crowd(9, 1), name="winter")
    place.clock.ahead = timedelta(minutes=30)
    assert sum(caught_up(place)) == 4  # as if winter had sent them, for all that anybody knows
    place.run(crowd(9, 1), name="winter")


def test_what_a_forgotten_campaign_sent_is_taken_for_another_and_still_not_sent_again(place: Place) -> None:
    forget_spring(place)

    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))
    assert caught_up(place) == (0, 4)
    proof = place.run(crowd(1, 2))

    assert proof.balanced
    assert (proof.contacted, proof.reasons["older_ledger"]) == (4, 4)
    assert place.twice() == 0


def test_whom_a_person_releases_is_not_held_again_for_what_a_forgotten_campaign_sent(place: Place) -> None:
    forget_spring(place)
    place.genesys.advance(600)  # nobody is in a conversation any more
    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))
    caught_up(place)
    with place.opened() as (ledger, _):
        spring = find_campaign(ledger, "spring")
        release_waiting(ledger, spring, "older_ledger", reason="it was winter that sent them")

    proof = place.run(crowd(1, 2))
    assert proof.balanced
    assert proof.contacted == 8, proof.reasons


def test_what_may_be_a_forgotten_campaigns_is_kept_for_a_week(place: Place) -> None:
    forget_spring(place)
    place.genesys.advance(600)
    place.clock.ahead += timedelta(days=8)

    assert place.run(crowd(1), name="summer").accepted == 4


def test_a_person_who_is_sure_that_nothing_is_missing_is_not_asked_again(place: Place) -> None:
    place.run(crowd(9), name="winter")
    place.back_up()
    place.run(crowd(1))
    place.restore()
    place.clock.ahead = timedelta(minutes=30)
    caught_up(place)
    with pytest.raises(LedgerOutdated):
        place.run(crowd(1), name="summer")

    with place.opened() as (ledger, client):
        catch_up(ledger, client, whole="summer is new, and spring is over")
    place.genesys.advance(600)  # nobody is in a conversation any more

    assert place.run(crowd(1), name="summer").contacted == 4


def test_a_callback_of_another_program_stops_runs_until_it_was_looked_at_and_no_longer(place: Place) -> None:
    place.run(crowd(9), name="winter")
    place.back_up()
    place.run(crowd(1))
    with logged_in(place.genesys.url) as another:
        call = {"queueId": SENDERS["voice_queue_id"], "callbackNumbers": ["+13175560002"]}
        another.post("/api/v2/conversations/callbacks", json={**call, "data": {"ticket": "7"}})
    place.restore()
    place.clock.ahead = timedelta(minutes=30)
    caught_up(place)
    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))
    caught_up(place)

    assert place.run(crowd(1, 2)).contacted == 8
