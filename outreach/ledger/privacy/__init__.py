"""Personal data in the ledger: found, forgotten, aged out, re-keyed."""
