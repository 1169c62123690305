"""How a list is chosen from by name."""


def named(name: str, wanted: str, *, exact: bool) -> bool:
    """Whether a name is chosen: any when none is asked for, else the same, or one that begins so."""
    if not wanted:
        return True
    return name.casefold() == wanted.casefold() if exact else name.casefold().startswith(wanted.casefold())
