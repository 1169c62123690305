"""Accidents of people and machines, in rounds with a seed: nobody twice, nobody listed, nobody left behind.

python -m tests.accidents --rounds 50 --seed 1        both databases; `make accidents ROUNDS=50` does the same

    a round   people, some of them on a do-not-contact list ──> a run, while one to three accidents happen
              ──> these are over, a few people more come ──> runs until nothing is due and the last is green
    verdict   the far end's truth (who was contacted) beside the ledger's word (who it says was contacted)
"""
