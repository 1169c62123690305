#!/usr/bin/env bash
# A query that is asked twice finds nobody the second time
#
# Packages:  prefect-sqlalchemy 0.6.1 (Prefect 3.9.1, SQLAlchemy 2.1.9)
# Does:      asks one connector twice for the people of a table, and twice how many there are; one more is added between.
# Expected:  the people, and then the people with the new one. The connector keeps each query's answer by its words and
#            gives what is left of it: the second list is empty and the second count is None, with no error, until
#            somebody calls `reset_cursors`. A blank at the query's end makes it a new one. Its docstring says so; its
#            names (`fetch_all`) do not.
# It hurts:  a flow that reads its people again (a second campaign, a look how many are left) finds that all is done, or
#            holds an empty do-not-contact list for a true one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  prefect-sqlalchemy==0.6.1 prefect==3.9.1 sqlalchemy==2.1.9
cd "$folder"
PYTHONPATH="$folder/packages" PREFECT_HOME="$folder/prefect" PREFECT_LOGGING_LEVEL=CRITICAL python3 -W ignore - <<'PYTHON'
import sqlite3

from prefect_sqlalchemy import SqlAlchemyConnector

table = sqlite3.connect("people.db", isolation_level=None)
table.execute("CREATE TABLE people (id INTEGER)")
table.executemany("INSERT INTO people VALUES (?)", [(1,), (2,), (3,)])
with SqlAlchemyConnector(connection_info="sqlite:///people.db") as connector:
    everybody, count = "SELECT id FROM people ORDER BY id", "SELECT count(*) FROM people"
    first = connector.fetch_all(everybody)
    table.execute("INSERT INTO people VALUES (4)")
    again, with_blank = connector.fetch_all(everybody), connector.fetch_all(everybody + " ")
    counts = [connector.fetch_one(count) for _ in range(2)]
print("first", first, "again", again, "with a blank", with_blank, "counts", counts, sep="\n")
assert [len(first), len(again), len(with_blank)] == [3, 0, 4], "the behaviour has changed"
assert counts == [(4,), None], "the behaviour has changed"
PYTHON
