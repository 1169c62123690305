"""A receiver on the loopback, and an endpoint that knows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.webhook import Endpoint
from tests.support.webhook_receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def endpoint(receiver: Receiver) -> Iterator[Endpoint]:
    with Endpoint(receiver.url, receiver.secret, allow_private=True) as endpoint:
        yield endpoint
