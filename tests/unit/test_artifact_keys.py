from __future__ import annotations

import re
from itertools import product

from tasks.artifact_keys import artifact_key

NAMES = ("outbound-q3", "outbound q3", "Outbound-Q3", "outbound_q3", "outbound.q3", "q3")
LEDGERS = ("default", "acme", "ACME", "acme-outbound")


def test_no_two_campaigns_and_ledgers_share_a_key() -> None:
    keys = {artifact_key(name, ledger) for name, ledger in product(NAMES, LEDGERS)}

    assert len(keys) == len(NAMES) * len(LEDGERS)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


def test_a_plain_name_in_the_default_ledger_is_its_key() -> None:
    assert artifact_key("outbound-q3", "default") == "outbound-q3"
