#!/usr/bin/env bash
# A mail's button to unsubscribe is left out of its signature, and so is not shown
#
# Packages:  dkimpy 1.1.8
# Does:      signs a mail with List-Unsubscribe and List-Unsubscribe-Post, as RFC 8058 wants it of senders of many mails,
#            and reads which headers the signature covers.
# Expected:  both, for RFC 8058 (4) offers one click only where both are covered. By itself `sign` takes the headers of an
#            RFC of 2007: List-Unsubscribe is there, List-Unsubscribe-Post is not, without a word. Named in
#            `include_headers` both are.
# It hurts:  a mailbox that keeps to the RFC shows no button: who wants no more mails cannot say so, and reports spam.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" dkimpy==1.1.8 cryptography==50.0.2
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import re

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ONE_CLICK = {b"list-unsubscribe", b"list-unsubscribe-post"}
key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
mail = b"""From: Shop <shop@example.org>
To: ann@example.org
Subject: Your visit
Date: Mon, 02 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>
List-Unsubscribe: <https://example.org/leave/1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello
""".replace(b"\n", b"\r\n")


def find_covered(**more):
    signature = dkim.sign(mail, b"2026", b"example.org", key, **more)
    return set(re.sub(rb"\s", b"", re.search(rb"\bh=([^;]*);", signature)[1]).lower().split(b":"))


by_itself = find_covered()
print("covered:", *sorted(name.decode() for name in by_itself))
assert by_itself & ONE_CLICK == {b"list-unsubscribe"}, "the behaviour has changed"
named = find_covered(include_headers=[*by_itself, *ONE_CLICK])
print("both, where they are named:", ONE_CLICK <= named)
assert ONE_CLICK <= named
PYTHON
