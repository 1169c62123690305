#!/usr/bin/env bash
# Once the styles of a mail are in their places, its link to unsubscribe leads nowhere
#
# Packages:  premailer 3.10.0, chevron 0.14.0; beside them css-inline 0.24.0
# Does:      writes the styles of a template for e-mails into its elements, as mail programs need it, and fills the
#            template in afterwards, person by person.
# Expected:  the same links as without that step. premailer writes a field within an address as a browser would,
#            {{%20unsubscribe_url%20}}, while the fields of the text stay; chevron knows no field of that name, and
#            Mustache leaves out what it does not know, so the address is empty, without a word. premailer has a setting
#            against it, which is off. css-inline leaves the address alone.
# It hurts:  nobody can stop the mails, the greeting is right, and so is a test that looks for it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --target "$folder/packages" \
  premailer==3.10.0 chevron==0.14.0 css-inline==0.24.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import re

import chevron
import css_inline
import premailer

template = (
    "<html><head><style>a { color: red }</style></head><body><p>Hello {{ name }}</p>"
    '<a href="{{ unsubscribe_url }}">Stop these e-mails</a></body></html>'
)
person = {"name": "Ada", "unsubscribe_url": "https://example.com/stop/1"}
links = {}
for name, change in {"as it is": str, "css-inline": css_inline.inline, "premailer": premailer.transform}.items():
    mail = chevron.render(change(template), person)
    assert "Hello Ada" in mail
    links[name] = re.search(r'href="([^"]*)"', mail)[1]
    print(f"{name}: {links[name]!r}")
right = person["unsubscribe_url"]
assert links == {"as it is": right, "css-inline": right, "premailer": ""}, "the behaviour has changed"
PYTHON
