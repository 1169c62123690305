"""How a run ended, for whoever asks: its caller, and Prefect's server, which may be away just then.

report and proof are written ── the server took them ──> Prefect tells it the state
                             └─ it is away: waited for, a while
                                 ├── back: the artifacts again, then the state
                                 └── not:  kept in a file beside the report; the campaign's next run tells it
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

from blocks.ledger import is_deployed
from outreach.campaign.run import Run
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.proof import Proof
from outreach.sources.private_file import write_private
from tasks.patience import asking_again
from tasks.progress import tell

if TYPE_CHECKING:
    from outreach.report.figures.gather import Figures

WAIT_BY_HAND_SECONDS, WAIT_SECONDS = 15.0, 240.0
"""So long an ended run waits for the server: by hand, a person waits with it. Prefect waits a minute more."""
LOOK_SECONDS = 2.0

log = logging.getLogger("outreach.telling")


@dataclass
class Ending:
    """How a run ended: its state and figures; both None before it came to a verdict."""

    on_giving_up: Callable[[], None] = lambda: None
    """Called when the server was waited for in vain."""

    state: State[Any] | None = None
    figures: Figures | None = None
    ledger: str = ""
    """What the ledger is called."""

    is_kept: bool = False
    """Whether it was written down for the next run to tell."""

    write: Callable[[], str] = str

    def keep(self) -> str:
        """Write it down for the next run to tell; the sentence that says so."""
        self.is_kept = True
        return self.write()


_ENDINGS: contextvars.ContextVar[Ending | None] = contextvars.ContextVar("ending", default=None)


@contextlib.contextmanager
def ending_known(on_giving_up: Callable[[], None] = lambda: None) -> Iterator[Ending]:
    """Know how the campaign's run within the block ended, even if Prefect's server does not."""
    ending = Ending(on_giving_up)
    token = _ENDINGS.set(ending)
    try:
        yield ending
    finally:
        _ENDINGS.reset(token)


def hand_over(
    run: Run,
    state: State[Any],
    proof: Proof,
    usage: UsageSnapshot,
    *,
    is_told: bool,
    tell_again: Callable[[], bool],
) -> State[Any]:
    """Give the state on to Prefect and to whoever asked for it.

    Args:
        run: that ended.
        state: how.
        proof: what its rows say, and the run itself.
        usage: what it asked of Genesys.
        is_told: whether the server took what was published.
        tell_again: publishes it once more; whether the server took it.
    """
    own, ending = flow_run.id, _ENDINGS.get()
    if ending:  # the server may go away after this, and who asks needs it for the ledger's name
        from outreach.report.figures.gather import gather  # noqa: PLC0415 - the report's: not before people

        ending.ledger = run.ledger.name
        ending.figures = gather(run.ledger, run.campaign, usage=usage, proof=proof)
    else:
        ending = Ending()
    ending.state, ending.write = state, lambda: _keep(run, own, state)
    if is_told:
        return state
    with contextlib.suppress(KeyboardInterrupt):  # whoever does not want to wait
        if _is_back(WAIT_SECONDS if is_deployed() else WAIT_BY_HAND_SECONDS) and tell_again():
            return state
    sentence = ending.keep()
    log.warning("%s", sentence)
    tell(sentence)
    ending.on_giving_up()
    return state


def tell_earlier(run: Run) -> None:
    """Tell the server how earlier runs of the campaign ended, where it was away then."""
    if not run.untold_file.exists():
        return
    try:
        with _asking_once() as client:
            for each in _read(run.untold_file):
                _tell_end(client, each)
        run.untold_file.unlink()
    except Exception as error:  # noqa: BLE001 - away again, in whatever way: no reason to contact nobody
        log.warning("Prefect's server was not told how earlier runs ended: %s", type(error).__name__)


def _tell_end(client: SyncPrefectClient, end: dict[str, str]) -> None:
    run_id = UUID(end["flow_run_id"])
    with contextlib.suppress(ObjectNotFound):  # of another server
        seen = client.read_flow_run(run_id).state
        if seen is None or not seen.is_final() or seen.is_crashed():
            state: State[Any] = State(type=StateType(end["type"]), name=end["name"], message=end["message"])
            client.set_flow_run_state(run_id, state, force=True)
            log.info("told Prefect's server how flow run %s ended: %s", run_id, end["name"])


def _keep(run: Run, run_id: str | None, state: State[Any]) -> str:
    file = run.untold_file
    if run_id:
        end = {"flow_run_id": run_id, "type": state.type.value, "name": state.name, "message": state.message}
        ends = [each for each in _read(file) if each["flow_run_id"] != run_id]
        write_private(file, [orjson.dumps([*ends, end])])
    return (
        f"Prefect's server is away and was not told how the run ended: {state.message}. Report and proof lie "
        f"in {run.report_file} and {run.proof_file}; the campaign's next run tells the server."
    )


def _read(file: Path) -> list[dict[str, str]]:
    with contextlib.suppress(OSError, ValueError):
        return list(orjson.loads(file.read_bytes()))
    return []


def _is_back(seconds: float) -> bool:
    tell(
        f"All is done, but Prefect's server is away: waiting {seconds:.0f} s for it. Ctrl-C waits no longer."
    )
    until = time.monotonic() + seconds
    with _asking_once() as client:
        while client.api_healthcheck():
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_SECONDS)
    return True


@contextlib.contextmanager
def _asking_once() -> Iterator[SyncPrefectClient]:
    with asking_again(), get_client(sync_client=True) as client:
        yield client
