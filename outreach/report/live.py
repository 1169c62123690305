"""A run's progress while it works, for `rich.live.Live`: one bar, one line of counts."""

from collections.abc import Mapping

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from outreach.clock import Clock, SystemClock
from outreach.genesys.http.usage import UsageSnapshot
from outreach.report.progress import Progress, ProgressMeter
from outreach.report.wording import clean, number

LONGEST_NAME = 24


class ProgressView:
    """Give it counts with `update`; it draws itself.

    with Live(view, refresh_per_second=4):
        view.update(count_states(ledger, campaign), usage.snapshot())
    """

    def __init__(self, campaign: str, clock: Clock | None = None) -> None:
        self._name = clean(campaign)
        self._meter = ProgressMeter(clock or SystemClock())
        self.progress = Progress(0, 0, {})
        """The last look, for a log line or an artifact."""

    def update(self, states: Mapping[str, int], usage: UsageSnapshot | None = None) -> Progress:
        """Take these counts as the run's progress from now on."""
        self.progress = self._meter.look(states, usage)
        return self.progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        seen = self.progress
        name = self._name if len(self._name) <= LONGEST_NAME else f"{self._name[: LONGEST_NAME - 3]}..."
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True, justify="right")
        bar.add_row(
            Text(name, "bold"),
            ProgressBar(total=max(seen.total, 1), completed=seen.done),  # of 0, rich draws all done
            Text(f"{seen.percent:3.0f} %  {number(seen.done)} of {number(seen.total)}"),
        )
        yield bar
        yield Text(", ".join([seen.outcomes, *seen.pace]) if seen.total else "Loading contacts", "dim")
