#!/usr/bin/env bash
# A person in Minnesota gets Maine's zone, and one in West Virginia the law of Virginia
#
# Packages:  us 4.0.0 (jellyfish 1.2.1)
# Does:      asks `us.states.lookup` for states as lists write them: whole names, postal codes, the shorter forms of
#            newspapers, and a state of Mexico.
# Expected:  the state, or None. Whatever is neither a name nor a code is compared by its sound, without a word about
#            it: "Minn" is Maine, "W. Virginia" is Virginia, "Michoacan" is Michigan.
# It hurts:  whoever takes zones and state laws from it rings at seven in the morning, and counts a caller's hours by
#            the law of another state.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" us==4.0.0 jellyfish==1.2.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import us

stated = {
    "Minnesota": "Minnesota",
    "MN": "Minnesota",
    "Minn": "Maine",
    "West Virginia": "West Virginia",
    "W. Virginia": "Virginia",
    "Michoacan": "Michigan",
    "Calif.": "None",
    "Alberta": "None",
}
for text, name in stated.items():
    state = us.states.lookup(text)
    print(f"{text!r} is {state}, {', '.join(state.time_zones) if state else 'no zone'}")
    assert str(state) == name, "the behaviour has changed"
assert us.states.lookup("Minn").time_zones != us.states.lookup("MN").time_zones
PYTHON
