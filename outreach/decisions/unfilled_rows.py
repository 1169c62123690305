"""Rows to which a campaign has nothing to say: known while the list is read, before anybody is contacted."""

from collections.abc import Iterable, Iterator

from outreach.messages.wording import Wording
from outreach.sources.rows import Reject, Row


def refuse_unfilled(rows: Iterable[Row], wording: Wording) -> Iterator[Row]:
    """The rows, those whose texts cannot be filled on any of their channels as rejects."""
    for row in rows:
        problem = wording.refuse(row.contact) if row.contact else None
        if problem is None:
            yield row
        else:
            # Another default or another column may mend it: such a list is read again.
            reject = Reject(
                problem.code, f"The message cannot be written: {problem.in_words()}.", retryable=True
            )
            yield Row(row.line, row.raw, reject=reject)
