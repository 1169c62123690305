"""What goes wrong at the far end, as the emulator's faults, and how often it did."""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.support.emulator_server import EmulatorControl

CREATES = ("messages.agentless", "emails.agentless", "callbacks.create")
HAPPENED = ("act_then_reset", "error_after_effect", "truncated_json", "reset_after_headers", "empty_body")
"""The person was contacted, the answer was lost."""

INDEX_SECONDS = 0.4
"""How late a conversation can be found; the campaign's looks go on for longer."""

CALM = {
    "index_delay_seconds": INDEX_SECONDS,
    "attribute_index_delay_seconds": INDEX_SECONDS,
    "latency_ms": 20.0,
    "never_end": True,
}


class Weather:
    """Changes an emulator's faults and adds up what they did."""

    def __init__(self, emulator: EmulatorControl, random: Random) -> None:
        self._emulator = emulator
        self._random = random
        self.fired: Counter[str] = Counter()

    def change(self, *, storms: bool, unsent: bool) -> None:
        """New faults, all of them drawn by lot.

        `storms` also has 429s and 5xx come and go; `unsent` loses requests before anything happened too.
        """
        self.settle()
        kinds = [("act_then_reset", 0.04), (self._random.choice(HAPPENED), 0.02)]
        kinds += [("reset_before", 0.01)] if unsent else []
        faults = [self._fault(operation, kind) for operation in CREATES for kind in kinds]
        faults.append({"kind": "latency", "seconds": 0.0, "most_seconds": 0.04})
        if storms:
            storm = self._random.choice(("rate_limited", "error_after_effect"))
            rule = {"kind": storm, "operation": self._random.choice(("*.agentless", "*")), "probability": 0.5}
            faults.append({**rule, "after": self._random.randint(5, 60), "for_seconds": 0.5, "times": 12})
        self._emulator.configure(**CALM, seed=self._random.randrange(2**31), faults=faults)

    def settle(self) -> None:
        """Count what the present faults did, and have none."""
        for fault in self._emulator.state()["faults"]:
            self.fired[str(fault["kind"])] += int(fault["fired"])
        self._emulator.configure(faults=[])

    def _fault(self, operation: str, kind: tuple[str, float]) -> dict[str, object]:
        return {"kind": kind[0], "operation": operation, "probability": kind[1]}
