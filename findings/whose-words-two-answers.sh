#!/usr/bin/env bash
# Two functions of one library disagree about whose words an Outlook reply has
#
# Packages:  quotequail 0.5.4
# Does:      takes a reply apart in which Outlook put no line of dashes above the quotation: by `quote`, which says of
#            each part whether the writer wrote it, and by `unwrap`, which gives the original and what is above it.
# Expected:  both say that the first line alone is the writer's. `quote` holds everything to be the writer's, the
#            header of four lines and the original included; `unwrap` finds the header, in German as in English.
# It hurts:  our own "reply STOP" at the end of the original is read as the person's: whoever answered "yes please" is
#            written to no more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" quotequail==0.5.4
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import quotequail

English = "From: Shop <shop@example.org>\nSent: Monday, 2 November 2026 10:00\nTo: Ann\nSubject: Your visit"
German = "Von: Shop <shop@example.org>\nGesendet: Montag, 2. November 2026 10:00\nAn: Ann\nBetreff: Termin"
for header in (English, German):
    reply = f"Yes please\n\n{header}\n\nReply with\nSTOP\n"
    by_quote = [is_own for is_own, _ in quotequail.quote(reply, quote_intro_line=True)]
    by_unwrap = quotequail.unwrap(reply)
    print(f"quote: writer's own {by_quote}; unwrap: above {by_unwrap['text_top']!r}, a {by_unwrap['type']}")
    assert by_quote == [True], "the behaviour has changed"
    assert by_unwrap["text_top"] == "Yes please", "the behaviour has changed"

    dashes = reply.replace(header, f"-----Original Message-----\n{header}")
    assert [is_own for is_own, _ in quotequail.quote(dashes)] == [True, False]
PYTHON
