"""How one campaign behaves: the form that the Prefect UI shows, and the bounds it refuses nonsense by."""

import re
from datetime import datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from outreach.contacts import Channel
from outreach.setting_types import (
    Count,
    CountryName,
    LanguageName,
    LookDelay,
    Message,
    PackName,
    Page,
    Text,
    as_plain_fields,
)

_IN_TEXT = re.compile(r"""\bmetadata(?:\.(?P<word>\w+)|\[\s*(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\s*\])""")


class SameAddress(str, Enum):
    """What happens to a second row that leads to an address which the campaign contacts already."""

    ONCE = "once"
    EACH = "each"


class ConsentPolicy(str, Enum):
    """What counts as consent where a source has no consent columns."""

    ASSUMED = "assumed"
    REQUIRED = "required"


class WhenNotFound(str, Enum):
    """What happens to an unknown outcome that Genesys cannot find within the window."""

    HOLD = "hold"
    RELEASE = "release"


class SmsSigns(str, Enum):
    """What becomes of typographic signs in an SMS, each of which makes it cost up to three times as much."""

    KEEP = "keep"
    PLAIN = "plain"


class EmailReference(str, Enum):
    """Where an e-mail carries our reference, by which one in doubt is found for certain."""

    NONE = "none"
    SUBJECT = "subject"


class Route(str, Enum):
    """Who sends: each message is a call of ours, or Genesys' own engine sends to a list of people."""

    AGENTLESS = "agentless"
    CAMPAIGN = "campaign"


class Event(str, Enum):
    """What the CRM can be told."""

    REGISTERED = "contact_registered"
    BLOCKED = "contact_blocked"
    DEFERRED = "contact_deferred"
    CREATED = "contact_interaction_created"
    FAILED = "contact_interaction_failed"
    UNKNOWN = "contact_interaction_unknown"
    RESOLVED = "contact_interaction_resolved"
    ENDED = "contact_interaction_ended"
    REPLIED = "contact_replied"
    FINISHED = "campaign_finished"


class Link(str, Enum):
    """Which conversations are asked to name the contact that they were started with."""

    MISSING = "missing"
    NEVER = "never"


MOST_THREADS = 128
"""Calls in the air by themselves without a budget, and what may be asked for: at 300 ms 128 made 387
requests a second, 64 made 338.
"""


class FrequencyCap(BaseModel):
    """At most `contacts` interactions with one person or address in any `hours` hours, over all campaigns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contacts: int = Field(ge=1, le=1000, title="Contacts", description="At most so many interactions.")
    hours: float = Field(gt=0, le=24 * 366, title="Hours", description="In any window of so many hours.")


class CampaignSettings(BaseModel):
    """Everything about a campaign that is neither its contacts nor a secret."""

    # In the order of the form: what is set most often comes first.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",  # a misspelt name must not mean its default
        json_schema_extra=as_plain_fields,
    )

    dry_run: bool = Field(
        default=False, title="Dry run", description="Decide everything, contact nobody, change nothing."
    )
    country: CountryName | None = Field(
        default=None,  # a number is read in no country that nobody named
        title="Country",
        description="ISO 3166-1, like DE: where numbers without a country's code are, unless their row has a "
        "column country. None: such numbers are rejected.",
    )
    message: Message | None = Field(
        default=None,
        title="Message",
        description="Said to contacts that bring no message of their own. May hold fields, like {{ name }}, "
        'and differ by language: {"en": ..., "de": ...}.',
    )
    channel_order: tuple[Channel, ...] = Field(
        default=tuple(sorted(Channel, key=lambda channel: channel.traits.preference)),
        min_length=1,
        title="Channel order",
        description="The first of these on which a person may and can be reached is used.",
    )
    route: Route = Field(
        default=Route.AGENTLESS,
        title="Sending route",  # not the class' own name: the form's schema would leave it out
        description="'agentless': a call for each person. 'campaign': Genesys' own engine sends the SMS, in "
        "far fewer requests.",
    )
    consent: ConsentPolicy = Field(
        default=ConsentPolicy.ASSUMED,  # the guide's payload has no word on consent (guide sheet)
        title="Consent",
        description="Where the source says nothing: 'assumed' is your word for it, 'required' blocks.",
    )
    rules: tuple[PackName, ...] = Field(
        default=(),
        title="Rule packs",
        description="us-federal, us-states, ca, fr, eu-default or your own .json. None: 8 to 21, own zone.",
    )
    expires_at: datetime | None = Field(
        default=None, title="Ends at", description="After this instant nobody new is contacted."
    )
    approve_above: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000_000,
        title="Approve above",
        description="More contacts than this wait for a person's approval in the UI.",
    )
    messages: dict[Channel, Message] = Field(
        default_factory=dict,
        title="Messages by channel",
        description="Said on one channel in place of the message, like {'sms': ...}.",
    )
    language: LanguageName | None = Field(
        default=None,
        title="Language",
        description="Of the texts, and of whoever's row names none of theirs, like en-GB.",
    )
    subject: Message | None = Field(
        default=None, title="E-mail subject", description="In place of the one in the senders block."
    )
    html: Page | None = Field(
        default=None,
        title="E-mail HTML",
        description="An e-mail as HTML; its text part is the message, else made from it.",
    )
    footer: Message | None = Field(
        default=None, title="E-mail footer", description="Ends every e-mail; may hold {{ opt_out_link }}."
    )
    opt_out_link: str | None = Field(
        default=None,
        max_length=1000,
        title="Link to opt out",
        description="Its address, filled for each person: https://example.com/stop?id={{ email|url }}.",
    )
    reply_to: str | None = Field(
        default=None, max_length=254, title="Reply to", description="Where answers to e-mails go."
    )
    sender_name: str | None = Field(
        default=None, max_length=64, title="Sender's name", description="Shown beside an e-mail's address."
    )
    email_reference: EmailReference = Field(
        default=EmailReference.NONE,  # a subject is for people
        title="E-mail reference",
        description="'subject': it ends in our reference, and an e-mail in doubt is found for certain. "
        "'none': it is found by address, sender and time, as an SMS is.",
    )
    sms_signs: SmsSigns = Field(
        default=SmsSigns.KEEP,
        title="Signs in an SMS",
        description="'plain': curly quotes, dashes and dots become their plain forms, which cost less. "
        "Hidden blanks always do.",
    )
    sms_segment_price: float | None = Field(
        default=None,
        ge=0,
        le=100,
        title="Price of an SMS segment",
        description="For the forecast, in your currency.",
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        title="Columns",
        description="Your header to our column, like {'Mobile': 'sms'}.",
    )
    caps: tuple[FrequencyCap, ...] = Field(
        default=(),
        title="Frequency caps",
        description="Rolling limits per person and address, over all campaigns of the ledger.",
    )
    same_address: SameAddress = Field(
        default=SameAddress.ONCE,  # what cannot be taken back, a person has to ask for
        title="Same address",
        description="'once': two rows that lead to one address are contacted once. 'each': one per row.",
    )
    hours_bind: tuple[Channel, ...] = Field(
        default=tuple(channel for channel in Channel if channel.traits.hours_bind),
        title="Calling hours bind",
        description="The channels that calling hours apply to.",
    )
    sheet: str | None = Field(
        default=None,
        max_length=100,
        title="Sheet",
        description="The sheet of a workbook; by itself the only visible one that fits.",
    )
    encoding: str | None = Field(
        default=None,
        max_length=40,
        title="Encoding",
        description="Of a text that is not UTF-8 or UTF-16, like windows-1252.",
    )
    format: str | None = Field(
        default=None,
        max_length=10,
        title="Format",
        description="What a link without an ending leads to, like csv or xlsx.",
    )
    hidden_rows: bool = Field(
        default=False,  # who filters a list down to forty people means these forty
        title="Hidden rows",
        description="Also read the rows of a workbook that are hidden, by a filter for example.",
    )
    strict_numbers: bool = Field(
        default=False,  # the tutorial's own number is assigned to nobody (guide sheet)
        title="Strict numbers",
        description="Also refuse numbers that are well-formed but not assigned to anybody's range.",
    )
    events: tuple[Event, ...] = Field(
        default=(Event.CREATED, Event.FAILED, Event.ENDED, Event.REPLIED, Event.FINISHED),
        title="Webhook events",
        description="What the CRM is told.",
    )
    link: Link = Field(
        default=Link.MISSING,
        title="Link conversations",
        description="'missing': a conversation that does not name its external contact is linked to it.",
    )
    read_replies: bool = Field(
        default=True,  # an opt-out that nobody reads is none
        title="Read replies",
        description="The follow-up reads what people answer, and whoever asks to stop is suppressed. No text "
        "is kept.",
    )
    leave_out_undelivered: bool = Field(
        default=False,
        title="Leave out undelivered",
        description="Addresses to which the last message could not be delivered for good are not used.",
    )
    when_not_found: WhenNotFound = Field(
        default=WhenNotFound.HOLD,  # a second contact cannot be taken back
        title="When an outcome cannot be found",
        description="'hold' waits for a person. 'release' tries again, at the risk of a second contact.",
    )
    look_after_seconds: tuple[LookDelay, ...] = Field(
        default=(30, 60, 120, 300, 600, 1200),
        min_length=1,
        max_length=20,
        title="Look again after",
        description="Seconds between the looks for an unknown outcome.",
    )
    stop_failure_rate: float = Field(
        default=0.25, ge=0, le=1, title="Stop at failure rate", description="Share of attempts that fail."
    )
    stop_unknown_rate: float = Field(
        default=0.10, ge=0, le=1, title="Stop at unknown rate", description="Share of attempts in doubt."
    )
    stop_after: int = Field(
        default=20, ge=1, le=10_000, title="Stop not before", description="Attempts before a rate counts."
    )
    stop_unread_rate: float = Field(
        default=0.01,  # one slip in a long list stops nobody's campaign, a list of another kind does
        ge=0,
        le=1,
        title="Stop at unread rate",
        description="Share of the do-not-contact lists' entries that cannot be read.",
    )
    lists_needed: bool = Field(
        default=True,
        title="Do-not-contact lists needed",
        description="Nobody is contacted while the client may not read the organisation's lists. Off: the "
        "campaign goes on by what the ledger has.",
    )
    approve_within_minutes: float = Field(
        default=24 * 60,
        gt=0,
        le=30 * 24 * 60,
        title="Approve within",
        description="Minutes after which the run ends, with nobody contacted.",
    )
    approve_growth: float = Field(
        default=0.1,
        ge=0,
        le=10,
        title="Approve growth",
        description="Share by which the numbers may grow between question and answer; above, it asks again.",
    )
    threads: Count = Field(
        default=0,
        ge=0,
        le=MOST_THREADS,
        title="Threads",
        description="At most so many calls at once per process, for moments half as many more while the next "
        "people are registered, and one for each sender with a rate; fewer where answers come at once, "
        "or where the system lets a process open few files. "
        f"0 is by itself: 16 under a budget and {MOST_THREADS} without one.",
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        title="Batch size",
        description="Contacts per task run; by itself 500 under a budget and 2,000 without one. "
        "Grows so that a run has about 100 batches at the most.",
    )
    output: str = Field(
        default="out",
        min_length=1,
        max_length=500,
        title="Output folder",
        description="Where the rejects file and the report page are written.",
    )
    another_campaign: bool = Field(
        default=False,
        title="Another campaign",
        description="Its name is meant as it is, though a known campaign's differs from it by case only.",
    )

    @property
    def told_columns(self) -> frozenset[str]:
        """The columns of metadata that a text names, like `metadata.city`: a list's own are kept for it."""
        texts = self.texts().values()
        named = {each["word"] or each["quoted"] for text in texts for each in _IN_TEXT.finditer(text)}
        greeted = {"first_name"} if any("first_name" in text for text in texts) else set()
        return frozenset(f"metadata.{name}" for name in named | greeted)

    def texts(self) -> dict[str, str]:
        """Everything that the campaign says, as templates, by setting and language: `message.de`."""
        given: dict[str, Text | None] = {"message": self.message}
        given |= {f"messages.{channel}": text for channel, text in self.messages.items()}
        given |= {"subject": self.subject, "html": self.html, "footer": self.footer}
        given["opt_out_link"] = self.opt_out_link
        found: dict[str, str] = {}
        for name, text in given.items():
            if isinstance(text, str):
                found[name] = text
            elif text:
                found |= {f"{name}.{language}": each for language, each in text.items()}
        return found
