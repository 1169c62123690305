"""Saving a block, and loading one by its name, with one clear sentence when there is none.

Both at once, in a notebook too: where an event loop runs, Prefect's own give a coroutine that nobody awaits.
"""

from typing import Any, TypeVar, cast

import httpx
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from outreach.errors import PrefectAway, SettingsError

B = TypeVar("B", bound=Block)


class SavedAtOnce(Block):
    """A block whose `save` saves, wherever it is called; with an event loop of one's own, `asave`."""

    def save(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Prefect's
        """Save it under a name.

        Raises:
            PrefectAway: the server that should keep it cannot be reached.
        """
        try:
            return super().save(*args, **{"_sync": True, **kwargs})
        except httpx.TransportError:
            raise PrefectAway(
                "The block is not saved: Prefect's server cannot be reached.",
                "Check PREFECT_API_URL or the profile (`prefect config view`), and whether the server runs.",
            ) from None


def load_block(kind: type[B], name: str) -> B:
    """The block of that kind and name.

    Raises:
        SettingsError: there is none, or it was saved by another version.
    """
    title = kind.get_block_type_slug()
    try:
        # Block.load is typed for both worlds; so it is the plain one.
        return cast("B", kind.load(name, _sync=True))  # type: ignore[call-arg]  # Prefect's dispatch takes it
    except (ValueError, RuntimeError) as error:
        cause = error if isinstance(error, ValidationError) else error.__cause__
        if isinstance(cause, ValidationError):
            first = cause.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "one of its fields"
            raise SettingsError(
                f"The block {title}/{name} is wrong at {where}: {first['msg'].rstrip('.')}.",
                "Mend it in the Prefect UI, Blocks.",
            ) from None
        if isinstance(error, RuntimeError):
            raise
        advice = f"Save one: Prefect UI, Blocks, +, {kind.get_block_type_name()!r}, name {name!r}."
        raise SettingsError(f"There is no block {title}/{name}.", advice + _say_saved(title)) from None


def list_saved(slug: str) -> list[str]:
    """The names of the blocks of a type, in order; none where nobody saved one yet."""
    try:
        with get_client(sync_client=True) as client:
            found = client.read_block_documents_by_type(slug, limit=200, include_secrets=False)
    except ObjectNotFound:  # not even the type
        return []
    return sorted(block.name for block in found if block.name)


def _say_saved(slug: str) -> str:
    """The names to choose from."""
    try:
        names = list_saved(slug)
    except httpx.HTTPError:  # it is said of an error already
        return ""
    return f" Saved are: {', '.join(names)}." if names else ""
