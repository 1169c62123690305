"""When a call that contacts somebody may be made again: after a proof that nothing happened, three times."""

from __future__ import annotations

import pytest

from outreach.errors import Ambiguous, Conflict, GenesysError, NotSent, RateLimited, Unauthorized
from outreach.genesys.http.retries import ATTEMPTS, pause_before_repeat
from outreach.genesys.rate_limit.pacer import PATIENCE

NOT_SENT = NotSent("start sms", 0, "connect")
TURNED_DOWN = Unauthorized("start sms", 401)


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        ([NOT_SENT], 2.0),
        ([NOT_SENT, NOT_SENT], 4.0),
        ([RateLimited("start sms", 429, "", "", "", 7.0)], 7.0),
        ([TURNED_DOWN], 0.0),
        ([NOT_SENT, TURNED_DOWN], 0.0),
    ],
)
def test_what_did_not_happen_is_made_again_after_a_pause(failures: list[GenesysError], pause: float) -> None:
    assert pause_before_repeat(failures) == pause


@pytest.mark.parametrize(
    "failures",
    [
        [Ambiguous("start sms", 0, "read_timeout")],
        [Conflict("start sms", 409)],
        [NotSent("start sms", 0, "tls")],
        [NOT_SENT] * ATTEMPTS,
        [RateLimited("start sms", 429, "", "", "", PATIENCE + 1)],
        [TURNED_DOWN, TURNED_DOWN],
        [Unauthorized("login", 401)],
    ],
)
def test_what_may_have_happened_or_will_not_mend_is_not_made_again(failures: list[GenesysError]) -> None:
    assert pause_before_repeat(failures) is None
