"""Rows to which a campaign has nothing to say: known while the list is read, before anybody is contacted."""

from collections.abc import Iterable, Iterator

from outreach.messages.wording import Wording
from outreach.sources.rows import Reject, Row


def refuse_unfilled(rows: Iterable[Row], wording: Wording) -> Iterator[Row]:
    """The rows, those whose texts cannot be filled on any of their channels as rejects."""
    for row in rows:
        # Of most lists no contact is made for it: see Row.
        if wording.needs_a_look(row.message) and row.contact and (problem := wording.refuse(row.contact)):
            # Another default or another column may mend it: such a list is read again.
            reject = Reject(
                problem.code, f"The message cannot be written: {problem.in_words()}.", retryable=True
            )
            yield Row(row.record, reject=reject)
        else:
            yield row
