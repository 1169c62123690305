"""Flows whose parameters may hold people's data: Prefect stores a mask in their place."""

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, ParamSpec, TypeVar

from prefect import Flow

from outreach.contacts import Contact
from outreach.ledger.vault import SEALED
from outreach.settings import CampaignSettings

_PLAIN = (str, int, float, bool, type(None))
"""What stands for itself in JSON."""

P = ParamSpec("P")
R = TypeVar("R")


class PrivateFlow(Flow[P, R]):
    """A flow whose `contact` or `source` parameter is masked wherever Prefect stores it."""

    def with_options(self, **options: Any) -> "PrivateFlow[P, R]":  # noqa: ANN401 - Flow's own
        """The same flow with other options; Prefect makes a plain one of it, which would store everything."""
        changed = copy(self)
        vars(changed).update(vars(super().with_options(**options)))
        return changed

    def serialize_parameters(self, parameters: dict[str, Any] | Any) -> dict[str, Any]:  # noqa: ANN401 - Prefect's signature
        """What Prefect keeps."""
        masked = _mask(parameters)
        kept = {**parameters, **masked}
        for name, value in kept.items():
            if isinstance(value, CampaignSettings):
                kept[name] = value.model_dump(mode="json")
            elif name not in masked and type(value) not in _PLAIN:
                return super().serialize_parameters({**parameters, **masked})
        return kept  # as Prefect makes it, with FastAPI, which it imports for this alone: 0.25 s

    def validate_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters, cast to their types. Prefect 3.9.1 logs all of them whole where one is wrong."""
        given = {name: parameters[name] for name in MASKS if name in parameters}
        return {**super().validate_parameters({**parameters, **_mask(given)}), **given}


def private_flow(**options: Any) -> Callable[[Callable[P, R]], PrivateFlow[P, R]]:  # noqa: ANN401 - Flow's own
    """`@flow` for a function with such a parameter, never tried again by itself (`tasks.policies`)."""
    return lambda function: PrivateFlow(function, retries=0, **options)


def mask(contact: object) -> dict[str, str] | str:
    """The external contact id alone; a sealed contact as it is, since only the ledger's key opens it."""
    if isinstance(contact, str) and contact.startswith(SEALED):
        return contact
    if isinstance(contact, Contact):
        return {"external_contact_id": contact.external_contact_id}
    if isinstance(contact, Mapping):
        return {"external_contact_id": str(contact.get("external_contact_id", "?"))[:255]}
    return "neither a contact nor sealed"


def mask_rows(source: object) -> str:
    """A source's name as it is; of rows that were handed over themselves, what they came as."""
    return source if isinstance(source, str) else f"rows in memory ({type(source).__name__})"


MASKS: Mapping[str, Callable[[Any], object]] = {"contact": mask, "source": mask_rows}
"""What stands in Prefect, by the parameter's name."""


def _mask(parameters: Mapping[str, Any]) -> dict[str, object]:
    return {name: hide(parameters[name]) for name, hide in MASKS.items() if name in parameters}
