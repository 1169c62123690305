#!/usr/bin/env bash
# A mail that could not be delivered is nobody's, once its report is written for addresses of all letters
#
# Packages:  flufl.bounce 6.0.0
# Does:      reads four reports of a mail that failed for good, as mail servers write them: by RFC 3464, and by RFC 6533
#            for mails that use SMTPUTF8.
# Expected:  the address that failed, in all of them. A report of the type message/global-delivery-status is passed over,
#            also where its address is plain ASCII; and in a report of the older type an address that is marked `utf-8;`
#            is passed over, although RFC 6533 allows just that, in ASCII with `\x{..}`. It says "no bounce" in both
#            cases, which is what it says of a holiday note.
# It hurts:  an address that is gone stays on the list and is mailed for ever; receivers take the sender for a spammer,
#            and then nobody gets anything. It concerns the people whose names have such letters, and them alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" flufl.bounce==6.0.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from email import message_from_bytes

from flufl.bounce import all_failures


def read(kind, recipient):
    report = kind.removeprefix("message/")
    parts = (
        ("text/plain; charset=utf-8", "It could not be delivered.\n"),
        (
            kind,
            f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: {recipient}\nAction: failed\nStatus: 5.1.1\n",
        ),
        ("text/rfc822-headers", "From: hello@example.com\nSubject: Your visit\n"),
    )
    body = "".join(f"--b\nContent-Type: {name}\nContent-Transfer-Encoding: 8bit\n\n{content}\n" for name, content in parts)
    head = "From: MAILER-DAEMON@mx.example.org\nTo: hello@example.com\nSubject: Undelivered\nMIME-Version: 1.0\n"
    kind_of_all = f'Content-Type: multipart/report; report-type={report}; boundary="b"\n\n'
    _, permanent = all_failures(message_from_bytes(f"{head}{kind_of_all}{body}--b--\n".encode()))
    print(f"{kind}, {recipient}: {sorted(permanent)}")
    return permanent


assert read("message/delivery-status", "rfc822; ann@example.org") == {b"ann@example.org"}
for kind, recipient in (
    ("message/global-delivery-status", "rfc822; ann@example.org"),
    ("message/global-delivery-status", "utf-8; jörg@example.org"),
    ("message/delivery-status", "utf-8; j\\x{F6}rg@example.org"),
):
    assert not read(kind, recipient), "the behaviour has changed"
PYTHON
