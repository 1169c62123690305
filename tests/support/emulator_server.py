"""The emulator's own client, as the tests import it."""

from emulator.client import EmulatorControl, EmulatorServer, EmulatorThread

__all__ = ["EmulatorControl", "EmulatorServer", "EmulatorThread"]
