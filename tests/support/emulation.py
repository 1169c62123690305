"""The emulator for tests of other parts: plain context managers, to be wrapped in a fixture where needed.

with emulator(requests_per_minute=None) as genesys:      # a process of its own
    ...
with emulator_thread() as genesys:                       # a thread: fast, and `genesys.org` is its state
    ...
"""

from __future__ import annotations

from emulator.state import defaults
from tests.support.emulator_server import EmulatorControl, EmulatorServer, EmulatorThread

SENDERS = {
    "sms_from": defaults.SMS_NUMBER,
    "email_from": defaults.EMAIL_FROM,
    "voice_queue_id": defaults.QUEUE_ID,
    "chat_from": defaults.OPEN_INTEGRATION_ID,
    "chat_type": "open",
}
"""What a sender settings block needs to send through the emulator."""

UNLIMITED: dict[str, object] = {
    "requests_per_minute": None,
    "creations_per_minute": None,
    "token_requests_per_minute": None,
}
"""Settings that switch every limit off."""


def emulator(*, port: int = 0, **settings: object) -> EmulatorServer:
    """An emulator in its own process, without limits unless settings say otherwise."""
    return EmulatorServer({**UNLIMITED, **settings}, port=port)


def emulator_thread(**settings: object) -> EmulatorThread:
    """An emulator in a thread of the test, without limits unless settings say otherwise."""
    return EmulatorThread({**UNLIMITED, **settings})


__all__ = [
    "SENDERS",
    "UNLIMITED",
    "EmulatorControl",
    "EmulatorServer",
    "EmulatorThread",
    "emulator",
    "emulator_thread",
]
