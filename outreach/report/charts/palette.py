"""The charts' colours: of middle brightness, so that one picture reads on a white and on a black page."""

from outreach.ledger.states import State

INK = "#7f8894"
"""Text and lines: reads on white and on black. Inside a page, the text's own colour takes its place."""


BLUE, GREEN, AMBER, RED = "#4a8fd9", "#3a9e78", "#c98f2d", "#cf5560"


COLOURS = {
    "contacted": GREEN,
    State.DEFERRED: BLUE,
    State.BLOCKED: AMBER,
    State.HELD: "#9a70cf",
    State.UNKNOWN: "#c562a2",
    State.FAILED: RED,
    "rejected": "#a9727a",
    "duplicate": "#8d7f86",
    "under way": "#8f98a3",
}
"""One colour an outcome, everywhere."""
