"""What a campaign says to a person on a channel: its texts, compiled once, in the person's language.

a contact's own message    as it is, in place of the campaign's
settings.messages          the channel's text, else settings.message; a text or one a language
e-mail                     also a subject, HTML, and a footer with a link to opt out
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from markupsafe import escape

from outreach.contacts import Channel, Contact
from outreach.errors import SettingsError
from outreach.languages import choose_language, name_locale, speak
from outreach.messages import mail
from outreach.messages.fields import METADATA, OPT_OUT_LINK, fields_of, read_language
from outreach.messages.filling import ConstantText, Speech, Unfilled
from outreach.messages.placeholders import find_placeholder
from outreach.messages.sms import MOST_SEGMENTS, list_replaced, make_plain, segments
from outreach.setting_types import Text
from outreach.settings import CampaignSettings, SmsSigns

if TYPE_CHECKING:
    from outreach.messages.templates import Template

Readable: TypeAlias = "ConstantText | Template"

_ANY_TAG = re.compile(r"\{\{|\{%|\{#")

MESSAGE_WHEN_NONE = "Hello"
"""What is said when neither contact nor campaign brings a message (guide sheet, "Contact payload")."""

NO_MESSAGE = "no_message"
FIELD_MISSING = "field_missing"
PLACEHOLDER_LEFT = "placeholder_left"


@dataclass(frozen=True, slots=True)
class Said:
    """What one person gets. `replaced`: signs that an SMS has otherwise, as `U+202F`."""

    text: str
    language: str = ""
    subject: str = ""
    html: str = ""
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Why nothing can be said: a reason's code, which field, and what it lacks; never its value."""

    code: str
    field: str = ""
    problem: str = ""

    def in_words(self) -> str:
        """Like "metadata.day is empty", "" where the code says it all."""
        return f"{self.field} {self.problem}".strip()


class _Told:
    """A person's fields, and the language that they want: found once for all parts of a mail, if at all."""

    def __init__(self, find: Callable[[], tuple[dict[str, object], str]]) -> None:
        self._find = find
        self._found: tuple[dict[str, object], str] | None = None

    def __call__(self) -> tuple[dict[str, object], str]:
        self._found = self._found or self._find()
        return self._found


class Wording:
    """The texts of a campaign. Safe for threads. Raises SettingsError where one of them is none of ours.

    Args:
        settings: the campaign's.
        greets: whether those who have no message are told `Hello`, as the guide's API does.
        checked: whether a text that cannot be read is refused, or stands as it is: of an ended campaign.
    """

    def __init__(self, settings: CampaignSettings, *, greets: bool = True, checked: bool = True) -> None:
        self._made_of = (settings, greets, checked)
        self._greets = greets
        self._default = settings.language or ""
        self._plain_signs = settings.sms_signs is SmsSigns.PLAIN
        self._order = settings.channel_order
        self._checked = checked
        own = {
            channel: self._read(f"messages.{channel}", text) for channel, text in settings.messages.items()
        }
        common = self._read("message", settings.message)
        self._messages = {channel: own.get(channel) or common for channel in Channel}
        self._subject = self._read("subject", settings.subject)
        self._html = self._read("html", settings.html, is_html=True)
        self._footer = self._read("footer", settings.footer)
        self._link = self._read_link(settings.opt_out_link)
        texts = (self._html, self._subject, self._footer, self._link, *self._messages.values())
        self.has_fields = any(template.fields for text in texts if text for template in text.values())
        # Judged twice and sent once, such a text took a twentieth of a contact's processor time.
        self._alike = {
            channel: self._say(Contact.forgotten(""), channel)
            for channel, text in self._messages.items()
            if text and _is_constant(text) and not channel.is_mail
        }

    def __reduce__(self) -> tuple[Callable[..., Wording], tuple[object, ...]]:
        return _again, self._made_of  # compiled templates cannot be pickled

    @property
    def has_every_message(self) -> bool:
        """Whether each channel has a text, so that nobody is left without one for want of it."""
        return all(self._messages.values())

    def say(self, contact: Contact, channel: Channel) -> Said | Unsaid:
        """What a person gets on a channel: the same each time. An e-mail's HTML is not inlined yet."""
        if channel in self._alike and not contact.initial_message:
            return self._alike[channel]
        try:
            return self._say(contact, channel)
        except Unfilled as problem:
            return Unsaid(FIELD_MISSING, problem.field, problem.problem)

    def compose(self, contact: Contact, channel: Channel) -> Said | Unsaid:
        """The same, ready to leave."""
        said = self.say(contact, channel)
        if isinstance(said, Unsaid) or not said.html:
            return said
        text = said.text or mail.write_text(said.html)
        return Said(text, said.language, said.subject, mail.inline(said.html))

    def greet(self, contact: Contact) -> str:
        """What a contact is registered with on the guide's API: the text of its first channel with one."""
        for channel in self._order:
            if contact.channels.address(channel) and isinstance(said := self.say(contact, channel), Said):
                return said.text or MESSAGE_WHEN_NONE
        return MESSAGE_WHEN_NONE

    def refuse(self, contact: Contact) -> Unsaid | None:
        """Why there is nothing to say to a contact on any channel of the campaign; None where there is.

        Having no message at all is the campaign's fault, and no reason against a contact.
        """
        first: Unsaid | None = None
        for channel in self._order:
            if contact.channels.address(channel):
                said = self.say(contact, channel)
                if not isinstance(said, Unsaid) or said.code == NO_MESSAGE:
                    return None
                first = first or said
        return first

    def _say(self, contact: Contact, channel: Channel) -> Said | Unsaid:
        own, signs = contact.initial_message, self._plain_signs if channel.traits.has_segments else None
        if own and not channel.is_mail:
            return _say_own(own, signs=signs)
        told = _Told(lambda: self._fields(contact))
        said = _say_own(own, signs=signs) if own else self._say_ours(contact, channel, told)
        if isinstance(said, Unsaid):
            return said
        return self._as_mail(contact, said, told) if channel.is_mail else _in_signs(said, signs=signs)

    def _say_ours(self, contact: Contact, channel: Channel, told: _Told) -> Said | Unsaid:
        text, html = self._messages[channel], self._html if channel.is_mail else None
        if text is None and html is None:
            is_kept = not self._greets and not channel.traits.is_spoken  # a callback says nothing by itself
            return Unsaid(NO_MESSAGE) if is_kept else Said(MESSAGE_WHEN_NONE)
        if text is not None and _is_constant(text):
            only = next(iter(text))
            words = text[only].fill({}, _NOBODY)
            if html is None:
                return Said(words, only)
        fields, wanted = told()
        language = self._choose(text or html or {}, wanted)
        words = text[language].fill(fields, self._speech(contact, language, wanted)) if text else ""
        if text and not words.strip():
            return Unsaid(FIELD_MISSING, "", "The text comes out empty")
        if html is None:
            return Said(words, language)
        said = self._choose(html, wanted)
        return Said(words, said, html=html[said].fill(fields, self._speech(contact, said, wanted)))

    def _as_mail(self, contact: Contact, said: Said, told: _Told) -> Said:
        if self._subject is None and self._footer is None and self._link is None:
            return said
        fields, wanted = told()
        subject = self._fill(self._subject, contact, fields, wanted)
        footer = self._fill(self._footer, contact, fields, wanted) or str(fields.get(OPT_OUT_LINK, ""))
        text = f"{said.text}\n\n{footer}" if footer and said.text else said.text
        html = mail.add_footer(said.html, _as_html(footer)) if footer and said.html else said.html
        return Said(text, said.language, subject, html)

    def _fields(self, contact: Contact) -> tuple[dict[str, object], str]:
        fields = fields_of(contact)
        metadata = fields[METADATA]
        wanted = read_language(metadata) if isinstance(metadata, dict) else ""
        if self._link is not None:
            fields[OPT_OUT_LINK] = self._fill(self._link, contact, fields, wanted)
        return fields, wanted

    def _fill(
        self, text: Mapping[str, Readable] | None, contact: Contact, fields: Mapping[str, object], wanted: str
    ) -> str:
        if text is None:
            return ""
        language = self._choose(text, wanted)
        return text[language].fill(fields, self._speech(contact, language, wanted))

    def _choose(self, text: Mapping[str, Readable], wanted: str) -> str:
        return next(iter(text)) if len(text) == 1 else choose_language(wanted, tuple(text), self._default)

    def _speech(self, contact: Contact, language: str, wanted: str) -> Speech:
        tag = language or self._default
        return Speech(speak(tag, wanted, self._default) if tag else None, contact.time_zone or "")

    def _read(self, where: str, text: Text | None, *, is_html: bool = False) -> dict[str, Readable] | None:
        """The text by its languages; "" where it has none. None without a text."""
        if not text:
            return None
        by_language = {"": text} if isinstance(text, str) else text
        read = {}
        for language, source in by_language.items():
            place = f"The setting {where}.{language}" if language else f"The setting {where}"
            if not source.strip():
                raise SettingsError(f"{place} is empty.", "Write what is said, or leave it out.")
            read[language] = self._compile(source, place, is_html=is_html)
            if language:
                name_locale(language)
            if is_html and self._checked:
                _try_inlining(source, place)
            if read[language].needs_language and not (language or self._default):
                advice = 'Set `language`, like en-GB, or write the text as {"en-GB": ...}.'
                raise SettingsError(f"{place} writes a date or a number, and no language.", advice)
        if self._default:
            name_locale(self._default)
        return read

    def _compile(self, source: str, place: str, *, is_html: bool) -> Readable:
        try:
            return _read_text(source, place, is_html=is_html)
        except SettingsError:
            if self._checked:
                raise
            return ConstantText(re.sub(r"[{}\[\]%<>*]", " ", source), place)

    def _read_link(self, link: str | None) -> dict[str, Readable] | None:
        if link and not re.match(r"https://[^\s{}]+", link):
            raise SettingsError("The setting opt_out_link is no address.", "It begins with https://.")
        return self._read("opt_out_link", link)


def _read_text(source: str, place: str, *, is_html: bool) -> Readable:
    if not _ANY_TAG.search(source):
        return ConstantText(source, place, is_html=is_html)
    from outreach.messages.templates import Template  # noqa: PLC0415 - Jinja takes 0.02 s; many texts need none

    return Template(source, place, is_html=is_html)


def _again(settings: CampaignSettings, greets: bool, checked: bool) -> Wording:  # noqa: FBT001 - of a pickle
    return Wording(settings, greets=greets, checked=checked)


_NOBODY = Speech(None, "")


@lru_cache(maxsize=256)  # of one person, a dry run asks three times in a row
def _say_own(message: str, *, signs: bool | None) -> Said | Unsaid:
    if find_placeholder(message):
        return Unsaid(PLACEHOLDER_LEFT, "initial_message", "holds what looks like a placeholder")
    return _in_signs(Said(message), signs=signs)


def _in_signs(said: Said, *, signs: bool | None) -> Said:
    """As an SMS has it, with plain quotes and dashes where `signs` says so; None: of other channels."""
    plain = said.text if signs is None else make_plain(said.text, signs=signs)
    if signs is None or plain == said.text:
        return said
    return Said(plain, said.language, replaced=tuple(list_replaced(said.text, signs=signs)))


def _try_inlining(html: str, place: str) -> None:
    """Styles that cannot be read are found now, not with the first mail; what comes out is not used."""
    try:
        mail.inline(html)
    except ValueError as error:
        raise SettingsError(f"{place} has styles that cannot be read.", str(error)[:200]) from None


def _is_constant(text: Mapping[str, Readable]) -> bool:
    return len(text) == 1 and all(each.is_constant for each in text.values())


def _as_html(footer: str) -> str:
    """A footer's lines as a paragraph, its addresses as links: in the mail's own colour, also in the dark."""
    as_link = r'<a href="\g<0>" style="color:inherit">\g<0></a>'
    linked = re.sub(r"https://[^\s<>\"']+", as_link, str(escape(footer)))
    return f'<p style="margin:16px;text-align:center;font-size:small">{linked}</p>'.replace("\n", "<br>")


def fits(text: str, channel: Channel) -> bool:
    """Whether a channel takes a text of this length: of an SMS, its parts count, not its characters."""
    if len(text) > channel.traits.longest_text:
        return False
    # Even of emoji, a part takes 33: most texts need no count, which takes as long as half a decision.
    return (
        len(text) <= 33 * MOST_SEGMENTS or not channel.traits.has_segments or segments(text) <= MOST_SEGMENTS
    )
