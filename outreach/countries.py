"""Which country a word names, by exact tables: never by likeness.

    DE, deu, Germany, Deutschland, Allemagne    ->  DE
    UK; England; Korea, Republic of             ->  GB, GB, KR       country_names.csv
    Georgia, Congo, Korea                       ->  refused: two places have that name

To look-alike searches Niger is Nigeria and Indiana is India. The names are CLDR's, in the languages of
`LANGUAGES` and in those of the country itself; country_names.csv has what CRMs and people write beside them.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

from phonenumbers import SUPPORTED_REGIONS

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "pl", "cs", "hu", "ro", "tr")
_CODE = re.compile(r"[A-Za-z]{2,3}\Z")
_AROUND = " \t'\"\u00a0\u200b\ufeff"
_LONGEST = 80
_NEAREST = 3


class NotACountry(ValueError):  # noqa: N818 - it names a thing, not a failure
    """A word that names no country, or more than one. `sentence` never quotes it."""

    def __init__(self, sentence: str, *, is_ambiguous: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_ambiguous = is_ambiguous


@lru_cache(maxsize=4096)
def read_country(written: str) -> str:
    """The ISO 3166-1 code of a country by its code or its name. Raises NotACountry."""
    written = written.strip(_AROUND)
    if _CODE.match(written) and (code := _by_code(written.upper())):
        return code
    name = _plain(written) if len(written) <= _LONGEST else ""
    meant = _names().get(name) or _native_names().get(name) or frozenset()
    if len(meant) == 1:
        return next(iter(meant))
    if meant:
        shown = " or ".join(sorted(meant))
        raise NotACountry(f"may be more than one place; write {shown}", is_ambiguous=True)
    raise NotACountry(f"is no country's code or name{_nearest(written[:_LONGEST])}")


def _by_code(code: str) -> str:
    if len(code) == 2:
        return code if code in SUPPORTED_REGIONS else ""
    from babel.core import get_global  # noqa: PLC0415 - 0.01 s, which codes of two letters have no use for

    # CLDR's aliases hold the codes of three letters, and states that broke up: SUN is fifteen.
    meant = get_global("territory_aliases").get(code, ())
    return meant[0] if len(meant) == 1 and meant[0] in SUPPORTED_REGIONS else ""


def _plain(name: str) -> str:
    """Lower case, no accents, signs as spaces; `St.` is Saint, `&` is and."""
    name = name.casefold().replace("&", " and ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join("saint" if word == "st" else word for word in re.sub(r"[\W_]+", " ", bare).split())


@lru_cache(maxsize=1)
def _names() -> Mapping[str, frozenset[str]]:
    """The names by which people call countries; several codes where they may mean several places."""
    found = _gather((language, code) for language in LANGUAGES for code in SUPPORTED_REGIONS)
    file = resources.files("outreach") / "country_names.csv"
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        found[_plain(row["name"])] = frozenset(row["codes"].split())
    return found


@lru_cache(maxsize=1)
def _native_names() -> Mapping[str, frozenset[str]]:
    """Each country's names in its own languages."""
    from babel.languages import get_official_languages  # noqa: PLC0415 - as above

    return _gather(
        (language, code)
        for code in SUPPORTED_REGIONS
        for language in get_official_languages(code, regional=True, de_facto=True)
    )


def _gather(wanted: Iterator[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for language, code in wanted:
        if name := _territories(language).get(code):
            found[_plain(name)] |= {code}
    return dict(found)


@lru_cache(maxsize=256)
def _territories(language: str) -> Mapping[str, str]:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - as above

    try:
        return Locale.parse(language).territories
    except UnknownLocaleError:  # Samoan and some twenty others, which CLDR does not speak
        return {}


def _nearest(written: str) -> str:
    names = [name for code, name in _territories("en").items() if code in SUPPORTED_REGIONS]
    # difflib tells capitals apart: to it, GERMANY is near no name.
    near = get_close_matches(written.title(), names, n=_NEAREST, cutoff=0.75)
    return f"; the nearest are {', '.join(near)}" if near else ", like DE or Germany"
