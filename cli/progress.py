"""Progress of a campaign in the terminal, while its flow works in this process."""

import contextlib
from collections.abc import Iterator, Mapping

from rich.live import Live

from cli.console import err
from outreach.genesys.http.usage import UsageSnapshot
from outreach.report.live import ProgressView
from tasks.progress import shown_in


class Terminal:
    """Shows a run's progress; `usage` is what its client has spent, for the figures at the end."""

    every_seconds = 0.5

    def __init__(self, campaign: str) -> None:
        self.view = ProgressView(campaign)
        self.usage: UsageSnapshot | None = None

    def show(self, states: Mapping[str, int], usage: UsageSnapshot) -> None:
        """Move the bar."""
        self.usage = usage
        self.view.update(states, usage)

    def tell(self, notice: str) -> None:
        """Print it, also where no bar is shown."""
        err.print(notice, soft_wrap=True)


@contextlib.contextmanager
def progress_of(campaign: str) -> Iterator[Terminal]:
    """Show how far the campaign is, with time left and budget used, for the length of the block."""
    terminal = Terminal(campaign)
    bar = Live(terminal.view, console=err, transient=True, refresh_per_second=4)
    # Not is_terminal: FORCE_COLOR makes it true of a log file.
    with bar if err.file.isatty() else contextlib.nullcontext(), shown_in(terminal):
        yield terminal
