#!/usr/bin/env bash
# Two filters that may never forget anybody forget 700 people
#
# Packages:  cuckoopy 0.1.1, scalable-cuckoo-filter 1.1 (mmh3 5.3.1, bitarray 3.12.3); beside them pyprobables 0.7.0
# Does:      puts phone numbers in cuckoo filters of 10,000 buckets of four, as the README of cuckoopy makes one, and
#            asks for each again: 30,000 in cuckoopy, which has 40,000 places, 50,000 in the one that grows by itself.
# Expected:  each is known. Such a filter may take a stranger for somebody it has, and never the other way round (Fan
#            and others, "Cuckoo Filter: Practically Better Than Bloom", 2014). Some 700 are unknown in either, without
#            an error: where a bucket is full, cuckoopy drops whom it should move; the other one moves them, and then
#            looks elsewhere unless the number of buckets is a power of two, which it does not ask for. With 8,192 it
#            knows all. So does pyprobables, with any number.
# It hurts:  who keeps "already contacted" in it contacts these people again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  cuckoopy==0.1.1 scalable-cuckoo-filter==1.1 mmh3==5.3.1 bitarray==3.12.3 pyprobables==0.7.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import cuckoopy
import probables
from cuckoo.filter import ScalableCuckooFilter


def count_forgotten(people, contacted, put):
    numbers = [f"+1202{number:07}" for number in range(people)]
    for number in numbers:
        put(number)
    return sum(number not in contacted for number in numbers)


fixed = cuckoopy.CuckooFilter(capacity=10_000, bucket_size=4, fingerprint_size=1)
forgotten = count_forgotten(30_000, fixed, fixed.insert)
print("cuckoopy:", forgotten, "of 30,000 were never there")
assert forgotten > 300, "the behaviour has changed"
for buckets in (10_000, 8_192):
    growing = ScalableCuckooFilter(initial_capacity=buckets, error_rate=0.001)
    forgotten = count_forgotten(50_000, growing, growing.insert)
    print(f"scalable-cuckoo-filter, {buckets} buckets:", forgotten, "of 50,000 were never there")
    assert forgotten > 300 if buckets == 10_000 else forgotten == 0, "the behaviour has changed"
other = probables.CuckooFilter(capacity=10_000, bucket_size=4)
forgotten = count_forgotten(30_000, other, other.add)
print("pyprobables:", forgotten, "of 30,000 were never there")
assert forgotten == 0
PYTHON
