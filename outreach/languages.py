"""Languages: which of a campaign's texts a person gets, and how that language writes dates and numbers."""

from collections.abc import Iterable
from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError

from outreach.errors import SettingsError


@lru_cache(maxsize=1024)
def find_locale(tag: str) -> Locale | None:
    """The locale of `en`, `en-GB`, `de_AT`, or of a language's name such as German; else None.

    A region that the language does not know falls back to the language alone.
    """
    plain = tag.strip().replace("-", "_")
    found = _parse(plain) or _parse(plain.partition("_")[0])
    return found or _parse(_names().get(tag.strip().casefold(), ""))


def _parse(code: str) -> Locale | None:
    try:
        return Locale.parse(code) if code else None
    except (ValueError, TypeError, UnknownLocaleError):
        return None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Languages by their English and their own names: what exports write."""
    found: dict[str, str] = {}
    for code, name in Locale("en").languages.items():
        if "_" in code or len(code) > 3:  # `English (UK)` and the like
            continue
        found.setdefault(name.casefold(), code)
    for code in (
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "sv",
        "da",
        "nb",
        "fi",
        "cs",
        "hu",
        "tr",
        "ja",
    ):
        own = Locale(code).get_language_name(code)
        found[str(own).casefold()] = code
    return found


def name_locale(tag: str) -> Locale:
    """The locale of a language that the settings name. Raises SettingsError."""
    found = find_locale(tag)
    if found is None:
        raise SettingsError(f"{tag!r} in the settings is no language.", "Write it like en, en-GB or de.")
    return found


@lru_cache(maxsize=4096)
def choose_language(wanted: str, offered: tuple[str, ...], default: str) -> str:
    """Which of the languages on offer a person gets: theirs, else the default, else the first."""
    for tag in (wanted, default):
        if found := _among(tag, offered):
            return found
    return offered[0]


def _among(tag: str, offered: Iterable[str]) -> str | None:
    locale = find_locale(tag) if tag else None
    if locale is None:
        return None
    by_locale = {str(find_locale(each)): each for each in reversed(tuple(offered))}
    return by_locale.get(str(locale)) or by_locale.get(locale.language)


@lru_cache(maxsize=4096)
def speak(text_language: str, wanted: str, default: str) -> Locale | None:
    """How a text in one language writes for a person: their own country's way where it is their language,
    else that of the campaign's language.
    """
    mine = find_locale(text_language)
    if mine is None or mine.territory:
        return mine
    others = (find_locale(tag) for tag in (wanted, default) if tag)
    return next((each for each in others if each and each.territory and each.language == mine.language), mine)
