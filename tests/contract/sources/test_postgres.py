"""A query on a real PostgreSQL: streamed, and unable to write."""

from __future__ import annotations

import psycopg
import pytest

from outreach.contacts import Channel
from outreach.errors import SourceError
from outreach.sources import open_source
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url(server: Postgres) -> str:
    uri = server.new_database()
    with psycopg.connect(uri) as connection:
        connection.execute(
            "CREATE TABLE people AS SELECT 'EXT-' || n AS id, 'Anna 100%' AS name, now() AS at, "
            "'+1202' || lpad(n::text, 7, '0') AS sms FROM generate_series(1, 5000) n"
        )
    return uri


SELECT = (
    'SELECT id AS external_contact_id, name, sms, true AS "consent.sms", at AS "consent.sms.date" FROM people'
)


def test_a_query_with_casts_and_percent_signs_is_a_source(url: str) -> None:
    rows = list(open_source(f"{url}#{SELECT} WHERE name LIKE '%100%' AND id::text <> ''").rows())

    assert len(rows) == 5000
    assert all(row.contact for row in rows)


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM people RETURNING *) " + SELECT.replace("people", "gone"),
        "SELECT setval('s', 1)",
        SELECT + " FOR UPDATE",
    ],
)
def test_a_query_cannot_write(url: str, query: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS s")

    with pytest.raises(SourceError, match=r"read-only transaction|data-modifying"):
        list(open_source(f"{url}#{query}").rows())


def test_a_value_in_a_database_error_is_not_repeated(url: str) -> None:
    with pytest.raises(SourceError) as error:
        list(
            open_source(
                f"{url}#SELECT (sms || 'x')::int AS external_contact_id, name, sms FROM people"
            ).rows()
        )

    assert "+1202" not in str(error.value)


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz"])
@pytest.mark.parametrize("day", ["infinity", "-infinity", "11000-01-01", "0044-03-15 BC"])
def test_a_day_that_python_does_not_know_ends_no_list(url: str, kind: str, day: str) -> None:
    query = (
        f"SELECT id AS external_contact_id, name, sms, '{day}'::{kind} AS opted_out_at FROM people LIMIT 2"
    )
    rows = list(open_source(f"{url}#{query}").rows())

    assert [len(row.contact.consent) if row.contact else 0 for row in rows] == [len(Channel)] * 2


def test_a_reader_that_stops_early_leaves_no_connection(url: str) -> None:
    rows = open_source(f"{url}#{SELECT}").rows()
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # it is a generator

    with psycopg.connect(url) as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert connection.execute(others).fetchone() == (1,)
