#!/usr/bin/env bash
# A library for the country of a number names the wrong island, or another continent
#
# Packages:  phone-iso3166 0.4.1, phonenumbers 9.0.43
# Does:      asks both for the country of the example number that phonenumbers has of each place (numbers are not
#            shown).
# Expected:  the same country. phone-iso3166 takes the first that shares a code: Norfolk Island is Antarctica,
#            Mayotte is Reunion, Bonaire is Curacao, Guam is the United States.
# It hurts:  zone, holidays and law are another place's: Bonaire under Curacao's, and Guam, 15 hours ahead, under New
#            York's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  phone-iso3166==0.4.1 phonenumbers==9.0.43
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import phonenumbers
from phone_iso3166.country import phone_country

stated = {"NF": "AQ", "YT": "RE", "BQ": "CW", "GU": "US", "AS": "US"}
seen = {}
for place in stated:
    number = phonenumbers.example_number_for_type(place, phonenumbers.PhoneNumberType.MOBILE) or phonenumbers.example_number(place)
    assert phonenumbers.region_code_for_number(number) == place
    seen[place] = phone_country(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
print(seen)
assert seen == stated, "the behaviour has changed"
PYTHON
