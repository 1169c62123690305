"""A self-test that anyone can run: campaigns on the emulator while everything goes wrong.

python -m tests.chaos --rounds 50 --seed 1        both databases; `make chaos ROUNDS=50` does the same

    a round    people ──> a file ──> worker, perhaps two at once ──> the emulator, in bad weather
                                       └─ SIGKILL, once or more, at random moments, and started again
    verdict    the emulator's truth (who was contacted) against the ledger (who it says was contacted)
"""
