"""The hash-chained record of every change, its seals, and their verification."""
