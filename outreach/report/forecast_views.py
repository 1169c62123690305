"""A forecast for people: tables, Markdown for the approval page, a renderable for the terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from outreach.counting import counted
from outreach.report.forecast import Forecast
from outreach.report.markdown import escape, write_table
from outreach.report.tables import Table
from outreach.report.terminal import Grid
from outreach.report.texts_view import people_table, template_table, text_sentences
from outreach.report.wording import NOTHING, clean, duration, explain, instant, number, numbers_sentence

MOST_ROWS = 20
_AS_KNOWN = "registration, validation and do-not-contact lists count as far as the ledger has them"


def forecast_sentence(forecast: Forecast) -> str:
    """Like "Of 209 rows, 150 now (about 3 min), 20 later today, 10 later, 2 never before the end".

    What else there is follows, so that the sum meets: "..., 27 blocked, held or rejected".
    """
    takes = (
        f" (about {duration(forecast.minutes * 60)})" if forecast.minutes is not None and forecast.now else ""
    )
    told = forecast.now + forecast.later_today + forecast.later + forecast.never_before_end
    rest = forecast.total - told
    return (
        f"Of {counted(forecast.total, 'row', 'rows')}, {number(forecast.now)} now{takes},"
        f" {number(forecast.later_today)} later today, {number(forecast.later)} later,"
        f" {number(forecast.never_before_end)} never before the end"
        + (f", {number(rest)} blocked, held or rejected" if rest else "")
    )


def basis_sentence(forecast: Forecast) -> str:
    """What the numbers rest on: the budget, and what Genesys was asked."""
    budget = forecast.requests_per_minute
    pace = f"Minutes are at {number(round(budget))} requests a minute. " if budget else ""
    read = numbers_sentence(forecast.numbers)
    pace = f"{read}. {pace}" if read else pace
    if forecast.senders is None:
        return f"{pace}Genesys Cloud itself said nothing: senders count as ready, {_AS_KNOWN}."
    return f"{pace}Genesys Cloud spoke of the senders alone: {_AS_KNOWN}."


def forecast_tables(forecast: Forecast) -> list[Table]:
    """Counts by verdict, reason, channel and zone, what Genesys says of the senders, and the sample."""
    reasons = [(clean(code), clean(explain(code)), number(n)) for code, n in _first(forecast.reasons)]
    senders = [(name, clean(state.replace("_", " "))) for name, state in (forecast.senders or {}).items()]
    count = frozenset({"Count"})
    return [
        Table("Verdicts", ("Verdict", "Count"), _rows(forecast.verdicts), count),
        Table("Reasons", ("Code", "Why", "Count"), tuple(reasons), count),
        Table("Channels, now and later", ("Channel", "Count"), _channels(forecast), count),
        Table("Time zones", ("Zone", "Count"), _rows(forecast.zones), count),
        Table("Our senders", ("Channel", "Genesys says"), tuple(senders)),
        template_table(forecast.texts),
        people_table(forecast.texts),
        _sample(forecast),
    ]


def write_forecast(forecast: Forecast) -> str:
    """As Markdown, everything from the data escaped, nothing indented."""
    parts = [f"**{forecast_sentence(forecast)}.**", "Nobody was contacted and nothing was changed."]
    sentences = [*forecast.columns, *text_sentences(forecast.texts)]
    parts += [basis_sentence(forecast), *(f"{escape(said)}." for said in sentences)]
    for table in forecast_tables(forecast):
        if table.rows:
            parts += [f"## {escape(table.title)}", write_table(table)]
    return "\n\n".join(parts) + "\n"


def show_forecast(forecast: Forecast) -> RenderableType:
    """For the terminal."""
    grids = [Grid(table) for table in forecast_tables(forecast) if table.rows]
    words = Text(f"{forecast_sentence(forecast)}. Nobody was contacted.", "bold")
    columns = [Text(f"{said}.") for said in (*forecast.columns, *text_sentences(forecast.texts))]
    return Group(*grids, words, Text(basis_sentence(forecast)), *columns)


def _first(counts: dict[str, int]) -> list[tuple[str, int]]:
    # Reasons and zones come the commonest first: what is left out is the rarest.
    return list(counts.items())[:MOST_ROWS]


def _rows(counts: dict[str, int]) -> tuple[tuple[str, str], ...]:
    rows = [(clean(name), number(count)) for name, count in _first(counts)]
    rest = list(counts.values())[MOST_ROWS:]
    return tuple([*rows, (f"{len(rest)} more", number(sum(rest)))] if rest else rows)


def _channels(forecast: Forecast) -> tuple[tuple[str, str], ...]:
    rows = _rows(forecast.channels)
    if not forecast.sms_segments:
        return rows
    return (*rows, ("SMS segments now", number(forecast.sms_segments)))


def _sample(forecast: Forecast) -> Table:
    headers = ("Contact", "Verdict", "Channel", "Reasons", "Not before")
    rows = tuple(
        (
            clean(one.external_contact_id),
            one.verdict,
            one.channel or NOTHING,
            ", ".join(map(clean, one.reasons)) or NOTHING,
            instant(one.next_allowed_at) if one.next_allowed_at else NOTHING,
        )
        for one in forecast.sample
    )
    return Table(f"A sample of {len(rows)} decisions", headers, rows)
