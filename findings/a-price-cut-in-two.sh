#!/usr/bin/env bash
# A long SMS is cut within its euro sign: "49€" arrives as "49 e"
#
# Packages:  smpplib 2.2.4; beside it smsutil 1.1.3
# Does:      cuts a text into the parts of a long SMS (153 places each) with smpplib.gsm.make_parts. A name decides how
#            long what stands before the price is. The euro sign takes two places, an escape and an "e" (3GPP TS 23.038,
#            6.2.1.1).
# Expected:  no character over two parts: smsutil leaves the last place empty. For one length in 153 smpplib ends the
#            first part with the escape and begins the second with the "e", without a word. Where parts are decoded one
#            by one, which each is sent for, a blank and an "e" stand in the price's place; a "[", "~" or "|" of a link
#            becomes another letter.
# It hurts:  a few people of a campaign read another price, or get a link that leads nowhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --target "$folder/packages" \
  smpplib==2.2.4 smsutil==1.1.3
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import smsutil
from smpplib.gsm import make_parts

HEADER, ESCAPE = 6, b"\x1b"
torn, torn_beside = [], []
for length in range(100, 160):
    text = "x" * length + "49€ a month, if you sign before Friday, and nothing at all for the first three months"
    parts = [part[HEADER:] for part in make_parts(text)[0]]
    if any(part.endswith(ESCAPE) for part in parts):
        torn.append(length)
        print(f"smpplib, {length} letters before it: {parts[0][-3:]} and {parts[1][:4]}")
        beside = [part.content for part in smsutil.split(text).parts]
        print(f"smsutil: {beside[0][-3:]!r} and {beside[1][:4]!r}")
        torn_beside += [part for part in beside if part[:1] == "e"]
assert torn == [150] and not torn_beside, "the behaviour has changed"
PYTHON
