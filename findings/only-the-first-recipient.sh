#!/usr/bin/env bash
# apprise tells one of three people
#
# Packages:  apprise 1.13.1
# Does:      names three recipients of an SMS service in one address, with commas and with semicolons between them.
#            Nothing is sent.
# Expected:  three recipients both times, or an error. With semicolons only the first one is left, without a warning.
# It hurts:  a list copied from a mail program (which writes semicolons) is told to its first person alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  apprise==1.13.1 requests==2.34.2 urllib3==2.8.0 idna==3.20 certifi==2026.10.19.post1 charset-normalizer==3.5.2 pyyaml==6.0.3 markdown==3.11.3 requests-oauthlib==2.0.0 oauthlib==4.0.1 click==8.5.1 tzdata==2026.6
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import logging

import apprise

logging.basicConfig(level=logging.WARNING)
numbers = ["13175550101", "13175550102", "13175550103"]
seen = {}
for sign in ",;":
    service = apprise.Apprise.instantiate("clicksend://user:key@?to=" + sign.join(numbers))
    seen[sign] = service.targets
    print(f"joined by {sign!r}:", seen[sign])
assert seen == {",": numbers, ";": numbers[:1]}, "the behaviour has changed"
PYTHON
