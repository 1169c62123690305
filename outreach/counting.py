"""How many of something, said as people say it."""


def counted(count: int, one: str, many: str) -> str:
    """The number with its words: `1 contact waits`, `2,000 contacts wait`."""
    return f"{count:,} {one if count == 1 else many}"
