"""May this person be contacted, now, and on which channel."""
