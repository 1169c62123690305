"""An emulator in this process, and who talks to it."""

from tests.support.emulator_fixtures import anybody, client, fresh, genesys, guide, platform

__all__ = ["anybody", "client", "fresh", "genesys", "guide", "platform"]
