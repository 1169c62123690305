"""For all contract tests: a ledger and a run in memory's time, and one PostgreSQL with many databases."""

from tests.support.fixtures import clock, ledger, organisation, run, server

__all__ = ["clock", "ledger", "organisation", "run", "server"]
