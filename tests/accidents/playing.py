"""Rounds on one database, with everything that they need started and ended."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.accidents.accidents import Accident, draw
from tests.accidents.crowd import Crowd
from tests.accidents.databases import Place, PostgresPlace, SqlitePlace, make_template
from tests.accidents.stage import Stage
from tests.accidents.verdict import Verdict, judge
from tests.support.emulation import UNLIMITED
from tests.support.emulator_server import EmulatorThread

CALM = {
    **UNLIMITED,
    "latency_ms": 8.0,
    "index_delay_seconds": 0.2,
    "attribute_index_delay_seconds": 0.2,
    # Over at once: a conversation that goes on would keep a second message from being sent.
    "message_seconds": 0.05,
    "email_seconds": 0.05,
}
RUNS_UNTIL_PEACE = 6
"""A person would start it so often before asking somebody."""

Places = Callable[[Path], Place]


def play(
    database: str,
    rounds: int,
    seed: int,
    progress: Callable[[int, Verdict, dict[str, Verdict]], None] = lambda *_: None,
    *,
    first: int = 1,
    only: str = "",
) -> tuple[Verdict, dict[str, Verdict]]:
    """Play so many rounds on `sqlite` or `postgres`; the sums, and the same by accident.

    Round n of a seed is the same whichever rounds are played, so that one of them can be played again.
    """
    total, by_accident = Verdict(), dict[str, Verdict]()
    with (
        tempfile.TemporaryDirectory(prefix="outreach-accidents-") as name,
        _places(database, Path(name)) as places,
        EmulatorThread(dict(CALM)) as emulator,
    ):
        Path(name).chmod(0o755)
        for number in range(first, first + rounds):
            random = Random(f"{seed}/{database}/{number}")
            accidents = draw(database, random, only)
            names = [accident.name for accident in accidents]
            verdict = _round(database, number, Path(name), places, emulator, random, accidents)
            total.add(verdict)
            for accident in names:
                by_accident.setdefault(accident, Verdict()).add(verdict)
            progress(number, total, by_accident)
    return total, by_accident


def _round(
    database: str,
    number: int,
    base: Path,
    places: Places,
    emulator: EmulatorThread,
    random: Random,
    accidents: Sequence[Accident],
) -> Verdict:
    folder = base / f"round-{number}"
    folder.mkdir()
    folder.chmod(0o777)  # another user's process works here too
    emulator.reset(keep_settings=True)
    place = places(folder)
    try:
        stage = Stage(place, emulator, folder, random, Crowd(folder / "people.csv", random))
        stage.come(random.randint(24, 40))
        for accident in accidents:
            accident.prepare(stage)
        actor = stage.start()
        for accident in accidents:
            actor = accident.strike(stage, actor)
        stage.finish(actor)
        for accident in accidents:
            accident.clear(stage)
        stage.come(random.randint(6, 10))
        _make_peace(stage)
        verdict = judge(stage, [accident.name for accident in accidents], number)
        if not verdict.holds:
            shutil.copy(
                folder / "runs.log", Path(tempfile.gettempdir()) / f"accidents-{database}-{number}.log"
            )
        return verdict
    finally:
        place.close()
        shutil.rmtree(folder)


def _make_peace(stage: Stage) -> None:
    """Run again until nothing is due; a ledger that is too old catches up first."""
    for _ in range(RUNS_UNTIL_PEACE):
        report = stage.finish(stage.start())
        if report.verdict == "outdated":
            stage.caught_up += stage.start(catches_up=True).end().verdict == "green"
        if report.verdict == "green" and not report.left and not report.doubts:
            return


@contextlib.contextmanager
def _places(database: str, folder: Path) -> Iterator[Places]:
    if database == "sqlite":
        template = make_template(folder)
        yield lambda place: SqlitePlace(place, template)
        return
    from tests.support.postgres import postgres

    with postgres() as server:
        yield lambda _: PostgresPlace(server)
