"""How many texts are filled in a second of one core: `python -m tests.bench.text_speed`.

An SMS and a plain e-mail are one text; an HTML mail is five, with text part, subject, footer and link to opt
out. Inlining, which a mail gets as it leaves, is not in it. By the processor's own time.
"""

from __future__ import annotations

import json
from statistics import median
from time import process_time_ns

from outreach.contacts import Channel, Channels, Contact
from outreach.messages.wording import Said, Wording
from outreach.settings import CampaignSettings

PEOPLE, ROUNDS = 2000, 5
WHEN = "see you on {{ metadata.appointment|datetime }} in {{ metadata.city }}."
GREETING = 'Hi {{ first_name|default("there") }}, ' + WHEN
LINK = "https://example.com/stop?id={{ external_contact_id|url }}"
_SMS = CampaignSettings(language="en-GB", message=GREETING)
_MAIL = CampaignSettings(
    language="en-GB",
    message=GREETING,
    subject="Your appointment in {{ metadata.city }}",
    html="<html><head><style>p { color: #123 }</style></head>"
    f"<body><p>Hi {{{{ name }}}},</p><p>{WHEN}</p></body></html>",
    footer="You get this as a customer. {{ opt_out_link }}",
    opt_out_link=LINK,
)
WAYS = {
    "SMS": (_SMS, Channel.SMS, 1),
    "plain e-mail": (_SMS, Channel.EMAIL, 1),
    "HTML e-mail": (_MAIL, Channel.EMAIL, 5),
}


def measure() -> dict[str, dict[str, float]]:
    """People and texts a second, by what they get; the median of some rounds."""
    return {name: _time(*way) for name, way in WAYS.items()}


def _time(settings: CampaignSettings, channel: Channel, texts: int) -> dict[str, float]:
    wording, people = Wording(settings), [_person(n) for n in range(PEOPLE)]
    taken = []
    for _ in range(ROUNDS):
        began = process_time_ns()
        said = [wording.say(person, channel) for person in people]
        taken.append((process_time_ns() - began) / 1e9)
        assert all(isinstance(each, Said) for each in said)
    people_a_second = PEOPLE / median(taken)
    return {"people_per_second": round(people_a_second), "texts_per_second": round(people_a_second * texts)}


def _person(n: int) -> Contact:
    return Contact(
        external_contact_id=f"C-{n}",
        name=f"Ann Lee {chr(97 + n % 26)}",
        channels=Channels(sms=f"+1317{2_000_000 + n}", email=f"p{n}@example.com"),
        time_zone="America/New_York",
        metadata={
            "first_name": "Ann",
            "city": f"Town {n % 50}",
            "appointment": f"2026-12-{n % 28 + 1:02}T15:{n % 60:02}+01:00",
        },
    )


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
