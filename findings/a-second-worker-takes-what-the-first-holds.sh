#!/usr/bin/env bash
# A queue with acknowledgements hands one person to two workers
#
# Packages:  persist-queue 1.1.0
# Does:      one worker takes a contact and is still at it; a second worker opens the same queue and takes one too.
# Expected:  the second gets the next contact. Opening the queue puts back what is not acknowledged, also what a
#            living worker holds.
# It hurts:  everybody who is being contacted when a worker joins is contacted a second time. auto_resume=False heals
#            it, and loses what a dead worker held.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
  persist-queue==1.1.0
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import persistqueue

first = persistqueue.SQLiteAckQueue("queue")
first.put("C-1")
first.put("C-2")
held = first.get()
second = persistqueue.SQLiteAckQueue("queue")
taken = second.get()
print("the first worker holds", held, "and the second gets", taken)
assert (held, taken) == ("C-1", "C-1"), "the behaviour has changed"
careful = persistqueue.SQLiteAckQueue("queue", auto_resume=False).get()
print("with auto_resume=False a third gets", careful)
assert careful == "C-2", "the behaviour has changed"
PYTHON
