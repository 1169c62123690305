#!/usr/bin/env bash
# Two limiters called "sliding window" let half as many again through as they are told
#
# Packages:  throttled-py 3.5.0, limits 5.8.0
# Does:      tells three limiters "300 in any 3 seconds", begins in the middle of one of their windows, as any program
#            does, takes all that they give for 12 seconds, and counts the fullest 3 seconds.
# Expected:  300. throttled-py's `sliding_window` and limits' SlidingWindowCounter give 450: they know only two counters
#            and take it that requests were spread evenly over the window before. limits' MovingWindow keeps to 300.
# It hurts:  an API with a limit a minute of its own (Genesys: 300) answers 429 to a third of what comes at once, on a
#            budget that nobody overdrew.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" throttled-py==3.5.0 limits==5.8.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import time
from datetime import timedelta

from limits import RateLimitItemPerSecond, storage, strategies
from throttled import Throttled, rate_limiter

ALLOWED, SECONDS = 300, 3
quota = rate_limiter.per_duration(timedelta(seconds=SECONDS), ALLOWED)
throttled = Throttled(key="organisation", using="sliding_window", quota=quota, timeout=-1)
item = RateLimitItemPerSecond(ALLOWED, SECONDS)
counter = strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
moving = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
limiters = {
    "throttled-py, sliding_window": lambda: not throttled.limit().limited,
    "limits, SlidingWindowCounter": lambda: counter.hit(item, "organisation"),
    "limits, MovingWindow": lambda: moving.hit(item, "organisation"),
}


def find_fullest(may_go):
    time.sleep(1.5 * SECONDS - time.time() % SECONDS)
    sent, begun = [], time.monotonic()
    while time.monotonic() < begun + 4 * SECONDS:
        if may_go():
            sent.append(time.monotonic())
        time.sleep(0.001)
    return max(sum(first <= each < first + SECONDS - 0.05 for each in sent) for first in sent)


fullest = {name: find_fullest(may_go) for name, may_go in limiters.items()}
for name, most in fullest.items():
    print(f"{name}: {most} in {SECONDS} seconds, {ALLOWED} allowed")
*approximate, exact = fullest.values()
assert min(approximate) >= 1.3 * ALLOWED, "the behaviour has changed"
assert exact <= ALLOWED, "the behaviour has changed"
PYTHON
