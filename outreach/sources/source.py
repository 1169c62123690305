"""A source: rows from a reader, and what its headers meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from outreach.errors import SourceError
from outreach.sources.columns import Headings
from outreach.sources.header_words import WrongHeader, in_words
from outreach.sources.inner_headers import is_heading_of_no, names_anew
from outreach.sources.layout import OF_EXPORTS, Layout
from outreach.sources.parsing import RowParser, read_name
from outreach.sources.proposal import Proposal
from outreach.sources.rows import OfBytes, Reader, Record, Reject, Row

_PARSERS_KEPT = 256
_COLUMNS_KEPT = 1000
_SAMPLES = 3
_LARGE = 5 << 20
"""Bytes: 50,000 rows of a CSV file, which take a second."""


class Source:
    """Contacts from one place. Nothing is opened before `rows()` is read, and each `rows()` reads afresh."""

    def __init__(
        self,
        reader: Reader,
        headings: Headings,
        *,
        country: str = "",
        strict_numbers: bool = False,
        look: Callable[[], str] = str,
    ) -> None:
        self._reader = reader
        self._headings = headings
        self._country = country
        self._strict_numbers = strict_numbers
        self._look = look
        self._parsers: dict[tuple[str, ...], RowParser] = {}
        self._columns: dict[str, None] = {}
        self._ignored: dict[str, int] = {}
        self._opt_outs: dict[str, int] = {}
        self.numbers: Counter[str] = Counter()
        """Phone numbers that were written without their country's code, as far as reading has come: `by_row`
        and `by_default` were read in that country, `no_sms` are fixed lines left out."""
        self._recognised: dict[str, str] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_parsers": {}, "_look": str}  # who opened it looks

    def adopt(self, other: Source) -> None:
        """Know what another process found that read it: the headers, and how numbers were read."""
        vars(self).update({**vars(other), "_look": self._look})

    @property
    def is_large(self) -> bool:
        """Whether it is a list on this machine that takes seconds to read."""
        return isinstance(self._reader, OfBytes) and self._reader.size > _LARGE

    @property
    def label(self) -> str:
        """What to call it in logs: no credentials, no query text."""
        return self._reader.label

    @property
    def fingerprint(self) -> str:
        """The same as long as reading would give the same rows; "" when that cannot be told."""
        return self._look()

    @property
    def columns(self) -> tuple[str, ...]:
        """The input's headers, as far as reading has come."""
        return tuple(self._columns)

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Headers that mean nothing to us, each once, as far as reading has come."""
        return tuple(self._ignored)

    @property
    def ignored_in_words(self) -> str:
        """The same for a log, which must hold nobody's data; "" when there are none."""
        numbers = tuple(self._ignored.values())
        words = ("means nothing here", "mean nothing here")
        return in_words(self.ignored_columns, numbers, *words) if numbers else ""

    @property
    def opt_outs_in_words(self) -> str:
        """The columns that say who must not be contacted, for a log; "" when there are none."""
        found = self._opt_outs
        words = ("says who must not be contacted", "say who must not be contacted")
        return in_words(tuple(found), tuple(found.values()), *words) if found else ""

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of how it was read, as far as reading has come: no data of anybody."""
        return self._reader.notes

    @property
    def assumed_encoding(self) -> str:
        """The encoding that was taken by the country; "" when the list or a person says it."""
        return self._reader.encoding if isinstance(self._reader, OfBytes) else ""

    @property
    def share_read(self) -> float | None:
        """How much of it has been read, 0 to 1; None when that cannot be told."""
        return self._reader.share_read if isinstance(self._reader, OfBytes) else None

    @property
    def recognised_in_words(self) -> str:
        """What was read under the names of other systems, for a log; "" where all names are ours."""
        found = [f"{column} from {said}" for column, said in sorted(self._recognised.items())]
        return f"Columns recognised: {'; '.join(found)}" if found else ""

    @property
    def columns_in_words(self) -> tuple[str, ...]:
        """What was recognised, what says who must not be contacted, what was left out: a sentence each."""
        said = (self.recognised_in_words, self.opt_outs_in_words, self.ignored_in_words)
        return tuple(sentence for sentence in said if sentence)

    def propose(self) -> Proposal:
        """What the header is read as, with the first rows. Raises SourceError when it cannot be read."""
        try:
            records = list(islice(self._reader.records(), _SAMPLES))
            headers = records[0].headers if records else ()
            alike = [record for record in records if record.headers == headers]
            return Proposal(headers, self._headings.layout(headers, complete=bool(records)), alike)
        except WrongHeader as problem:
            return Proposal(problem.headers, problem.layout, problem=problem)

    def rows(self) -> Iterator[Row]:
        """Every row, in order, in constant memory. Raises SourceError when the source cannot be read."""
        headers: tuple[str, ...] | None = None
        parser: RowParser | None = None
        self.numbers.clear()
        for record in self._reader.records():
            # By identity: a file's records share one tuple of headers, so a row costs one comparison.
            if parser is None or record.headers is not headers:
                headers = record.headers
                try:
                    parser = self._parser(headers)
                except SourceError as e:
                    if self._reader.fixed_columns:
                        raise
                    yield self._ambiguous(record, e)
                    parser = None
                    continue
            row = parser.row(record)
            if row.reject and is_heading_of_no(record):
                raise SourceError(
                    f"{self.label}: line {record.line} says that the rows below must not be contacted.",
                    "Take them out of the list, or give each its word in a column, like opt_out.",
                )
            if row.reject and names_anew(record):
                raise SourceError(
                    f"{self.label}: line {record.line} names the columns anew, and in another way.",
                    "The list was joined of several; give each as a list of its own.",
                )
            yield row
        if headers is None and not self._reader.may_be_empty:
            raise SourceError(f"{self.label} holds no contacts.", "Check that it is the right one.")

    def _parser(self, headers: tuple[str, ...]) -> RowParser:
        parser = self._parsers.get(headers)
        if parser is None:
            layout = self._headings.layout(headers, complete=self._reader.fixed_columns)
            self._remember(headers, layout)
            if len(self._parsers) >= _PARSERS_KEPT:  # JSON may name other keys in every row
                self._parsers.clear()
            parser = RowParser(
                headers,
                layout,
                country=self._country,
                strict_numbers=self._strict_numbers,
                counts=self.numbers,
            )
            self._parsers[headers] = parser
        return parser

    def _remember(self, headers: tuple[str, ...], layout: Layout) -> None:
        meaning = layout.meaning()
        self._opt_outs.update({header: position + 1 for position, header, _ in layout.opt_outs})
        for column in layout.guessed:
            said = " and ".join(repr(headers[position]) for position in layout.places[column])
            self._recognised.setdefault(column, said)
        for number, header in enumerate(headers, 1):
            if len(self._columns) >= _COLUMNS_KEPT:
                return
            self._columns[header] = None
            if header.strip() and number - 1 not in meaning and header not in OF_EXPORTS:
                self._ignored.setdefault(header, number)

    def _ambiguous(self, record: Record, problem: SourceError) -> Row:
        cells = dict(zip(record.headers, record.cells, strict=False))
        named = self._headings.under_our_names(cells).get("external_contact_id", "")
        return Row(record, reject=Reject("duplicate_columns", problem.problem), named=read_name(named))
