"""Loading: a source into the ledger, every row in a named place, the bad ones into the rejects file."""

import contextlib
from collections.abc import Generator
from functools import partial
from pathlib import Path

from outreach.campaign.reading import Texts, read_chunks
from outreach.campaign.run import Run
from outreach.concurrency.side_process import SideProcessDied, make_beside, may_start
from outreach.errors import SourceError, UsageError
from outreach.ledger.audit.notes import note_file
from outreach.ledger.facts import columns_of, remember
from outreach.ledger.loads.entries import Chunk, Taker
from outreach.ledger.loads.load import Loaded, Loading, find_unchanged
from outreach.ledger.rejects import has_rejects
from outreach.messages.wording import Wording
from outreach.sources.csv_writer import RejectsFile
from outreach.sources.source import Source


def load_source(run: Run, source: Source, rejects: Path | None = None) -> Loaded:
    """Read the whole source into the campaign, in bounded memory; not again while it has not changed.

    Args:
        run: the campaign's.
        source: opened, not read yet.
        rejects: where rows that are not accepted are written; None writes them to the ledger only.

    Raises:
        SourceError: the source cannot be read; what was read before stays, and a next run goes on.
    """
    fingerprint = source.fingerprint  # taken before reading: a file that grows meanwhile is read again
    if _is_written(run, rejects) and (before := find_unchanged(run.ledger, run.campaign.id, fingerprint)):
        return before
    loading = Loading(run.ledger, run.campaign.id, source.label)
    with contextlib.ExitStack() as stack:
        if rejects:
            _make_folder(rejects.parent)
            # So that erasing a person finds the file.
            note_file(run.ledger, run.campaign.id, "rejects", rejects)
        file = stack.enter_context(RejectsFile(rejects)) if rejects else None
        # Closed, or the process that reads would live as long as the error of one that could not be written.
        taken = stack.enter_context(contextlib.closing(_take(source, run.gate.wording, loading.taker)))
        for refused in loading.add(taken):
            if file:
                for row in refused:
                    file.add(row)
    # Changed while it was read: the next run looks again.
    remember(run.ledger, columns_of(run.campaign.id), "\n".join(source.columns_in_words))
    unchanged = fingerprint if fingerprint == source.fingerprint else ""
    return loading.finish(unchanged, source.numbers)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The output folder {folder} cannot be made: {error.strerror}. Nobody was contacted.",
            "Name another in the setting output.",
        ) from error


def _take(source: Source, wording: Wording, taker: Taker) -> Generator[Chunk, None, None]:
    """The source's rows as they go into the ledger: a large list's made while those before are written.

    Reading and checking take as long as writing: beside it, a million rows take half the time.
    """
    read = partial(read_chunks, source, Texts(wording), taker, has_fields=wording.has_fields)
    if not (source.is_large and may_start()):
        yield from read()
        return
    try:
        source.adopt((yield from make_beside(read)))
    except SideProcessDied:
        raise SourceError(
            f"{source.label} was read by a process that ended before it.",
            "Run it again: what was read is kept. If it ends again, give this machine more memory.",
        ) from None


def _is_written(run: Run, rejects: Path | None) -> bool:
    """Whether the rejects file is where it should be, as the last load wrote it."""
    return rejects is None or rejects.exists() or not has_rejects(run.ledger, run.campaign.id)
