"""What a verb says when Prefect's server went away before its run had begun."""

from __future__ import annotations

import httpx
import pytest
from prefect.states import Failed

from cli.flow_runs import _tell_failure
from outreach.errors import PrefectAway


def test_a_run_whose_server_is_gone_as_it_begins_says_so_and_what_to_do() -> None:
    with pytest.raises(PrefectAway, match=r"does not answer.*whether the server runs.*ask again"):
        _tell_failure(httpx.ConnectError("refused"), Failed(message="Flow run encountered an exception"))
