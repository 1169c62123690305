"""For all integration tests: a ledger and a run in memory's time, and one PostgreSQL with many databases."""

from tests.support.fixtures import between, clock, ledger, organisation, run, server

__all__ = ["between", "clock", "ledger", "organisation", "run", "server"]
