"""The report's numbers, gathered once by SQL."""
