"""Runs whose process was killed: Prefect shows them as running until the ledger's next run ends them.

Each run names its process in its labels. One is ended only where that process surely is no more. What has
become of another machine's, nobody here can know: its run is left to that machine's next one.
"""

import logging
import os
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.runtime import flow_run
from prefect.states import Cancelled, Crashed

from outreach.ledger.executors.processes import born, host, is_gone, is_of_earlier_boot
from outreach.ledger.ledger import Ledger
from outreach.ledger.witness import read_identity
from tasks.patience import ask_while_busy

LEDGER, COUNT = "outreach.ledger", "outreach.run_count"
HOST, PID, BORN = "outreach.host", "outreach.pid", "outreach.born"

KILLED = "Its process was killed. Nothing is lost: the campaign's next run goes on from there."

_UNENDED = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING]))

log = logging.getLogger("outreach.lost_runs")


def end_lost_runs(ledger: Ledger, tags: Collection[str] = ()) -> None:
    """Name this run's process in Prefect, tag it, and end this ledger's runs whose process is gone."""
    try:
        identity = read_identity(ledger)
        if flow_run.id and identity:
            ask_while_busy(partial(_end_lost, UUID(flow_run.id), identity, tags, is_file=ledger.db.is_sqlite))
    # Server or ledger may be away in many ways: the next run looks again.
    except Exception as error:  # noqa: BLE001 - told beside a run, that would make red what is done
        log.debug("Prefect was not asked for lost runs: %s", type(error).__name__)


def _end_lost(
    run: UUID, identity: str, tags: Collection[str], client: SyncPrefectClient, *, is_file: bool
) -> None:
    _name_process(client, run, identity, tags)
    for each in _find_lost(client, identity, is_file=is_file):
        is_unwanted = each.state is not None and each.state.type is StateType.CANCELLING
        end = Cancelled if is_unwanted else Crashed
        client.set_flow_run_state(each.id, end(message=KILLED))
        log.warning("flow run %s was left behind by a killed process: %s", each.name, end.__name__)


def _name_process(client: SyncPrefectClient, run: UUID, identity: str, tags: Collection[str]) -> None:
    pid, known = os.getpid(), client.read_flow_run(run)
    begun = known.run_count
    if missing := set(tags) - set(known.tags):
        client.update_flow_run(run, tags=[*known.tags, *sorted(missing)])
    client.update_flow_run_labels(
        run, {LEDGER: identity, COUNT: begun, HOST: host(), PID: pid, BORN: born(pid) or ""}
    )


def _find_lost(client: SyncPrefectClient, identity: str, *, is_file: bool) -> list[FlowRun]:
    oldest = FlowRunSort.START_TIME_ASC
    found = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=_UNENDED), sort=oldest)
    ours = [each for each in found if each.labels.get(LEDGER) == identity]
    # Begun again, it has another process, which has not named itself yet.
    named = [each for each in ours if each.labels[COUNT] == each.run_count]
    return [each for each in named if _is_lost(each.labels, is_file=is_file)]


def _is_lost(process: Mapping[str, Any], *, is_file: bool) -> bool:
    """Whether the process is surely gone; a file that is a ledger has but one machine."""
    if process[HOST] == host():
        return is_gone(process[PID], process[BORN])
    return is_file and is_of_earlier_boot(process[HOST])
