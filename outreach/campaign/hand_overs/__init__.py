"""The campaign route: people are handed over to Genesys' own engine, a list at a time, and nobody twice."""
