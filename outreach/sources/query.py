"""A query on any database that SQLAlchemy speaks to: one statement, streamed, read-only where it can be.

PostgreSQL    SET TRANSACTION READ ONLY, server-side cursor
MySQL         SET SESSION TRANSACTION READ ONLY
SQLite        mode=ro and PRAGMA query_only
DuckDB        access_mode=READ_ONLY
others        one SELECT; give the user no more rights than that
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    InternalError,
    NoSuchModuleError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from outreach.errors import SourceError
from outreach.sources.columns import Headings, tell_apart
from outreach.sources.endless_days import read_endless_days
from outreach.sources.mappings import text_of
from outreach.sources.reference import QueryReference
from outreach.sources.rows import Record

_ROWS_AT_ONCE = 1000
_READS = re.compile(r"\s*(?:\(\s*)*(?:select|with|values|table)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_IN_QUOTES = re.compile(r"(?<!\w)(['\"`]).*?(?:\1(?!\w)|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+")
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PACKAGES = {
    "mysql": "pip install mysqlclient, or write mysql+pymysql:// and pip install pymysql",
    "mariadb": "pip install mysqlclient, or write mariadb+pymysql:// and pip install pymysql",
    "mssql": "pip install pyodbc, or write mssql+pymssql:// and pip install pymssql",
    "oracle": "write oracle+oracledb:// and pip install oracledb",
    "duckdb": "pip install duckdb-engine",
    "snowflake": "pip install snowflake-sqlalchemy",
    "bigquery": "pip install sqlalchemy-bigquery",
    "redshift": "pip install sqlalchemy-redshift",
    "trino": "pip install 'trino[sqlalchemy]'",
    "clickhouse": "pip install clickhouse-sqlalchemy",
    "cockroachdb": "pip install sqlalchemy-cockroachdb",
    "databricks": "pip install databricks-sqlalchemy",
    "awsathena": "pip install pyathena",
}
"""What brings a dialect, or its driver, where it is missing."""
_CLOUD = re.compile(r"md:|motherduck:|[a-z0-9]+://")
"""Of DuckDB what is no file on this machine."""
_SPEAKS_OF_NAMES = (OperationalError, ProgrammingError, InternalError, NotSupportedError)
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}


class Query:
    """A query's rows. The row's number stands for its line."""

    fixed_columns = True
    notes: Sequence[str] = ()
    may_be_empty = True

    def __init__(self, reference: QueryReference, headings: Headings) -> None:
        self.label = reference.label
        self._reference = reference
        self._headings = headings
        self._url = self._database()
        self._statement = self._one_statement()

    def records(self) -> Iterator[Record]:
        """One record a row. Raises SourceError."""
        with self._connected() as connection, connection.exec_driver_sql(self._statement) as result:
            headers = tell_apart(tuple(result.keys()))
            self._headings.layout(headers, complete=True)
            for number, row in enumerate(result, 1):
                yield Record(number, headers, [text_of(value) for value in row])

    def _one_statement(self) -> str:
        statement = self._reference.query.rstrip().rstrip(";")
        bare = _QUOTED.sub(" ", statement)  # a semicolon within quotes ends nothing
        if ";" in bare or not _READS.match(bare):
            raise SourceError(f"{self.label} must be one SELECT.", "Nothing but a query can be a source.")
        return statement

    def _database(self) -> URL:
        try:
            url = make_url(self._reference.url)
        except (ArgumentError, ValueError) as e:
            raise SourceError(f"{self.label} is not a database URL.", "Write dialect://host/database.") from e
        return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        file = _file_of(self._url)
        if file and not file.exists():
            raise SourceError(f"The file of {self.label} does not exist.", "Check the path.")
        try:
            url = _readable(_for_reading(self._url, file))
            engine = create_engine(url, poolclass=NullPool)  # one connection, gone with the query
            with engine.connect() as connection:
                read_only = _READ_ONLY.get(engine.dialect.name)
                if read_only:
                    connection.exec_driver_sql(read_only)
                if engine.driver == "psycopg":
                    read_endless_days(connection.connection.driver_connection)
                # Without parameters a % in the query is a %, not the place of a value.
                yield connection.execution_options(
                    stream_results=True, yield_per=_ROWS_AT_ONCE, no_parameters=True
                )
        except (NoSuchModuleError, ImportError) as e:
            problem = f"{self.label} needs a database driver that is missing."
            raise SourceError(problem, self._to_install(e)) from e
        except SQLAlchemyError as e:
            raise SourceError(f"{self.label} failed{self._cause(e)}.", "Try it by hand.") from e
        except SourceError:
            raise
        except Exception as e:  # of a cell that it cannot read, a driver may raise anything
            raise SourceError(f"{self.label} failed ({type(e).__name__}).", "Try it by hand.") from e

    def _to_install(self, error: Exception) -> str:
        scheme, _, driver = self._url.drivername.partition("+")
        if driver == "psycopg":
            return "Install the extra: pip install 'genesys-outreach[postgres]'."
        if not driver and scheme in _PACKAGES:
            return f"To install it: {_PACKAGES[scheme]}."
        missing = getattr(error, "name", None) or driver or f"the SQLAlchemy dialect {scheme}"
        return f"Install the package that brings {missing}."

    def _cause(self, error: SQLAlchemyError) -> str:
        """The driver's first line where it speaks of names and connections, without what we did not say."""
        if not isinstance(error, _SPEAKS_OF_NAMES):
            return f" ({type(error).__name__})"
        arguments = error.orig.args if error.orig else ()
        cause = str(arguments[-1] if arguments else "")  # MySQL's drivers put a number before it
        for secret in self._reference.secrets:  # drivers repeat the URL that they could not reach
            cause = cause.replace(secret, "***")
        said = set(_WORD.findall(f"{self._reference.url} {self._statement}".casefold()))
        # SQLite, DuckDB and Snowflake quote a cell that they cannot read as they quote names.
        cause = _IN_QUOTES.sub(
            lambda match: match[0] if said.issuperset(_WORD.findall(match[0].casefold())) else "'***'", cause
        )
        return f": {(cause.splitlines() or [''])[0][:200].rstrip('.')}"


def _file_of(url: URL) -> Path | None:
    """The file that the database is; None where there is none, or SQLite is told of it by a URI."""
    name, backend = url.database or "", url.get_backend_name()
    is_file = backend == "sqlite" and "uri" not in url.query
    is_file |= backend == "duckdb" and not _CLOUD.match(name)
    return Path(name) if is_file and name and not name.startswith(":memory:") else None


def _for_reading(url: URL, file: Path | None) -> URL:
    """The URL by which nothing is written: a misspelt path would become an empty database."""
    if url.get_backend_name() == "sqlite" and (file or "uri" in url.query):  # else it is in memory
        query = {"mode": "ro", **url.query} if "uri" in url.query else {"mode": "ro", "uri": "true"}
        return url.set(database=f"file:{quote(str(file))}" if file else url.database, query=query)
    return url.update_query_dict({"access_mode": "READ_ONLY"} if file else {})


def _readable(url: URL) -> URL:
    """A SQLite file in WAL mode wants to write beside itself; where it may not, what lies there is all.

    Raises:
        SourceError: rows wait in the log beside it, and cannot be read without writing.
    """
    if url.get_backend_name() != "sqlite" or not str(url.database).startswith("file:"):
        return url
    path = Path(unquote(str(url.database).removeprefix("file:")))
    if not path.is_file() or os.access(path.parent, os.W_OK) or not _is_wal(path):
        return url
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise SourceError(
            f"{path.name} is open elsewhere in WAL mode, in a folder that may not be written to.",
            "Copy it with its -wal file to a folder of yours, or export the list.",
        )
    return url.update_query_dict({"immutable": "1"})


def _is_wal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\2\2"
