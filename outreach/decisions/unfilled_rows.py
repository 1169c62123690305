"""Rows to which a campaign has nothing to say: known while the list is read, before anybody is contacted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from outreach.messages.placeholders import find_placeholder
from outreach.sources.rows import Reject, Row

if TYPE_CHECKING:
    from outreach.messages.wording import Wording


def refuse_unfilled(
    rows: Iterable[Row], wording: Callable[[], Wording], *, has_fields: bool
) -> Iterator[Row]:
    """The rows, those whose texts cannot be filled on any of their channels as rejects.

    `has_fields` says whether any text of the campaign may lack something.
    """
    for row in rows:
        # Of most lists no text is asked for, and no contact is made for it: see Row.
        may_lack = has_fields or ((message := row.message) and find_placeholder(message))
        if may_lack and row.contact and (problem := wording().refuse(row.contact)):
            # Another default or another column may mend it: such a list is read again.
            reject = Reject(
                problem.code, f"The message cannot be written: {problem.in_words()}.", retryable=True
            )
            yield Row(row.record, reject=reject, named=row.external_contact_id, refusal=row.refusal)
        else:
            yield row
