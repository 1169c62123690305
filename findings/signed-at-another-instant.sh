#!/usr/bin/env bash
# A webhook that is signed with a local time is refused by the library that signed it
#
# Packages:  standardwebhooks 1.1.0 (svix 2.9.1 does the same)
# Does:      signs one event at one instant, written in UTC, in Berlin's and in New York's time, each with its zone, and
#            verifies it with the header that says the same instant.
# Expected:  three signatures that fit: the instant is one. `sign` takes the clock's hands for UTC, whatever zone the
#            time has, and signs another instant; only UTC is verified.
# It hurts:  a sender whose clock is in local time has every event refused by the CRM, in England in summer only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" standardwebhooks==1.1.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from standardwebhooks import Webhook, WebhookVerificationError

webhook, event = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), '{"type": "contact_replied"}'
instant = datetime.now(timezone.utc)
verified = {}
for zone in ("UTC", "Europe/Berlin", "America/New_York"):
    signature = webhook.sign("msg_1", instant.astimezone(ZoneInfo(zone)), event)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(instant.timestamp())), "webhook-signature": signature}
    try:
        webhook.verify(event, headers)
        verified[zone] = True
    except WebhookVerificationError:
        verified[zone] = False
    print(zone, "is verified" if verified[zone] else "is refused")
assert verified == {"UTC": True, "Europe/Berlin": False, "America/New_York": False}, "the behaviour has changed"
PYTHON
