"""E-mails: HTML filled first and inlined after, its text part, footer, subject."""

from __future__ import annotations

from typing import Any

from outreach.contacts import Channel, Channels, Contact
from outreach.messages.mail import write_text
from outreach.messages.wording import Said, Wording
from outreach.settings import CampaignSettings

WHO = Contact(
    external_contact_id="A-1",
    name="O'Brien <& Sons>",
    channels=Channels(email="a@b.example"),
    metadata={"vip": "no", "link": "https://x.example/a?b=1&c=2"},
)


def compose(**settings: Any) -> Said:
    said = Wording(CampaignSettings.model_validate(settings), greets=False).compose(WHO, Channel.EMAIL)
    assert isinstance(said, Said)
    return said


def test_a_row_under_a_condition_goes_to_nobody_whom_it_does_not_concern() -> None:
    row = "{% if metadata.vip == 'yes' %}<tr><td>PIN 1234</td></tr>{% endif %}"
    html = f"<table>{row}<tr><td>All</td></tr></table>"
    said = compose(html=html)
    assert "PIN" not in said.html
    assert "PIN" not in said.text
    assert "All" in said.text


def test_styles_are_inlined_after_filling_and_media_rules_stay() -> None:
    said = compose(
        html="<html><head><style>p{color:red}@media (max-width:600px){p{color:blue}}</style></head>"
        '<body><p>{{ name }}</p><a href="{{ metadata.link|link }}">Go</a></body></html>'
    )
    assert 'style="color: red' in said.html
    assert "@media" in said.html
    assert "O'Brien &lt;&amp; Sons&gt;" in said.html.replace("&#39;", "'")
    assert 'href="https://x.example/a?b=1&amp;c=2"' in said.html
    assert said.text == "O'Brien <& Sons>\n\nGo: https://x.example/a?b=1&c=2"


def test_the_text_part_has_every_link_and_nothing_that_is_hidden() -> None:
    html = (
        '<title>T</title><style>p{}</style><div style="display: none">preheader</div><h1>Hi&nbsp;Ann</h1>'
        '<p>One <b>two</b>three.</p><ul><li>a</li><li>b</li></ul><img src="x" alt="Logo"><br>'
        "<table><tr><td>Tea</td><td>3,00</td></tr></table>"
        '<a href="https://x.example/more-dashes_(b)">Book</a> '
        '<a href="https://y.example/"><img src="z" alt=""></a>'
    )
    assert write_text(html) == (
        "Hi Ann\n\nOne two" + "three.\n\n- a\n- b\n\nLogo\nTea 3,00\n\n"
        "Book: https://x.example/more-dashes_(b) https://y.example/"
    )


def test_the_footer_with_its_link_ends_both_parts() -> None:
    said = compose(
        message="Hi {{ name }}",
        html="<body><p>Hi</p></body>",
        subject="For {{ name }}",
        footer="Stop: {{ opt_out_link }}",
        opt_out_link="https://x.example/stop?id={{ external_contact_id|url }}&n={{ name|url }}",
    )
    link = "https://x.example/stop?id=A-1&n=O%27Brien%20%3C%26%20Sons%3E"
    assert said.text == f"Hi O'Brien <& Sons>\n\nStop: {link}"
    assert f'href="{link.replace("&", "&amp;")}"' in said.html
    assert said.html.index("Stop") < said.html.index("</body>")
    assert said.subject == "For O'Brien <& Sons>"
