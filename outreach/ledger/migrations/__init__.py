"""The ledger's history, step by step."""
