"""An emulator in this process, and who talks to it."""

from tests.support.emulator_fixtures import fresh, platform

__all__ = ["fresh", "platform"]
