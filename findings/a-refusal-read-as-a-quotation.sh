#!/usr/bin/env bash
# A reply that asks for silence is dropped as if it were quoted
#
# Packages:  email-reply-parser 0.5.12
# Does:      takes what a person wrote out of a reply by e-mail. The person's own sentence begins with "On" and its
#            paragraph ends with "wrote:".
# Expected:  the whole reply, for none of it is quoted. All from "On" to "wrote:" is held to be the line over a
#            quotation, and goes.
# It hurts:  the one sentence that says stop is not there any more: the person is written to again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  email-reply-parser==0.5.12
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from email_reply_parser import EmailReplyParser

reply = """Hello,

On second thought, please do not contact me again. That is what I wrote:
thank you.
"""
also = """From: now on, please stop writing to me.
"""
seen = [EmailReplyParser.parse_reply(text) for text in (reply, also)]
print([*map(repr, seen)])
assert seen == ["Hello,", ""], "the behaviour has changed"
assert EmailReplyParser.parse_reply("Please stop writing to me.\n") == "Please stop writing to me."
PYTHON
