"""Is everything in place for the campaign route? By looking alone: nothing is made, nobody is contacted."""

from collections.abc import Iterator

from outreach.errors import Forbidden, GenesysError, OutreachError
from outreach.genesys.platform.api import Engine, Platform, find_engine
from outreach.genesys.platform.engine_look import find_busy, find_fading, find_recycling
from outreach.ledger.hand_overs import PREFIX
from outreach.operations.preflight import Check, Level, Targets

_NAME = "campaign route"


def check_route(means: Targets) -> Iterator[Check]:
    """What the engine sends for us and how fast, and what others have set up that would send again."""
    try:
        with means.genesys(means.login().text) as genesys:
            engine = find_engine(genesys)
            if not isinstance(genesys, Platform) or engine is None:
                what = "Genesys' own engine can send for nobody here."
                advice = "It takes the platform API, and in the senders block a number for SMS or a template."
                yield Check(_NAME, Level.ERROR, what, advice)
                return
            yield from _check_pace(engine)
            yield from _check_others(genesys)
    except Forbidden as error:
        yield Check(_NAME, Level.ERROR, f"Not allowed: {error.operation}.", error.advice)
    except GenesysError as error:
        yield Check(_NAME, Level.ERROR, str(error))
    except OutreachError:
        return  # the login says so itself
    what = "How campaigns behave here, no document says: docs/campaign-route.md has the list."
    yield Check(_NAME, Level.WARN, what, "Try five numbers of your own first.")


def _check_pace(engine: Engine) -> Iterator[Check]:
    for channel in engine.channels:
        for sender, pace in engine.paces(channel).items():
            what = f"{channel} from {sender}: {pace.per_minute} messages a minute, by {pace.by}."
            yield Check(_NAME, Level.OK, what)


def _check_others(genesys: Platform) -> Iterator[Check]:
    connection = genesys.connection
    busy, recycling = find_busy(connection, genesys.senders), find_recycling(connection)
    told = (
        (busy, "sends from a number of ours now", "Wait for its end: a number serves one campaign."),
        (recycling, "recycles campaigns", "See that it names none of ours; two belts hold against it."),
        (
            find_fading(connection, PREFIX),
            "is a list of ours that erases itself",
            "Set it to be kept, or read its results soon.",
        ),
    )
    for ids, does, advice in told:
        for each in ids:
            yield Check(_NAME, Level.WARN, f"{each} {does}.", advice)
