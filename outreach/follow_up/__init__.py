"""From an interaction's start to its end: rounds, observations, endings."""
