"""Somebody who asks is found by any spelling, and so is every row that was rejected for its spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import UsageError
from outreach.ledger.suppressions import find_suppressed
from outreach.privacy.erasure import erase
from outreach.privacy.subject_access import disclose
from tests.integration.privacy.test_erasure import ADA, run_with
from tests.support.ledgers import new_ledger, people

UMLAUT = "ada.quill@müller.example"
LINES = (
    "317-555-0177 ext 12",
    "317-555-0199 / 317-555-0177",
    "call 317.555.0177 after 5 pm",
    "\uff13\uff11\uff17\uff15\uff15\uff15\uff10\uff11\uff17\uff17",
    "٣١٧٥٥٥٠١٧٧",
)
MAILS = (
    "ada.quill\u200b@müller.example",
    "\uff41\uff44\uff41.quill@müller.example",
    "ada.quill@xn--mller-kva.example.",
)


@pytest.mark.parametrize(
    "who",
    ["ada.quill@xn--mller-kva.example", "Ada.Quill@MU\u0308LLER.example", "ada.quill@mu\u0308ller.example"],
)
def test_an_address_is_erased_by_any_of_its_spellings(tmp_path: Path, who: str) -> None:
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, [{**ADA, "email": UMLAUT}])
        assert disclose(ledger, who)["contacts"]
        assert erase(ledger, who).contacts == 1
        assert find_suppressed(ledger, [UMLAUT]) == {UMLAUT}


@pytest.mark.parametrize(
    "who", ["mailto:ada@example.org", "Ada <ada@example.org>", "ada (at) example.org", "0317"]
)
def test_an_address_that_cannot_be_read_is_a_mistake_and_suppresses_nothing(tmp_path: Path, who: str) -> None:
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, people(2))
        with pytest.raises(UsageError):
            erase(ledger, who)


@pytest.mark.parametrize(("column", "cell"), [*(("sms", c) for c in LINES), *(("email", c) for c in MAILS)])
def test_a_row_without_an_id_is_found_by_whatever_it_was_rejected_for(
    tmp_path: Path, column: str, cell: str
) -> None:
    theirs: dict[str, object] = {"external_contact_id": "", "name": "Ada", column: cell}
    others: dict[str, object] = {"external_contact_id": "", "name": "Eve", "sms": "317-555-0178 ext 0177"}
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, [{**ADA, "email": UMLAUT}, theirs, others])
        assert erase(ledger, "EXT-7").rows == 1
