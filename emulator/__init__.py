"""A stateful Genesys Cloud for a laptop and for tests."""
