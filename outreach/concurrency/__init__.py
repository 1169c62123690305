"""Many calls at once, and no more than help."""
