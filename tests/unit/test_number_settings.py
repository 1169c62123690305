"""Every number that a person sets has a bound, and nonsense is refused where it is typed, with the bound."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from outreach.settings import CampaignSettings, FrequencyCap

MODELS: tuple[type[BaseModel], ...] = (
    CampaignSettings,
    FrequencyCap,
    GenesysCredentials,
    Senders,
    CrmWebhook,
    ContactLedger,
)
NONSENSE = (1e308, -1e308, -5, 10**30, float("nan"), float("inf"), float("-inf"), "NaN", "1e308", "-5")


def is_number(annotation: Any) -> bool:
    """Whether it is a number, or holds some."""
    if annotation in (int, float):
        return True
    return any(is_number(part) for part in get_args(annotation))


def is_sequence(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is tuple


NUMBERS = [
    (model, name, field)
    for model in MODELS
    for name, field in model.model_fields.items()
    if is_number(field.annotation)
]


def as_typed(field: FieldInfo) -> TypeAdapter[Any]:
    """The field alone, with its bounds."""
    return TypeAdapter(field.rebuild_annotation())


@pytest.mark.parametrize("value", NONSENSE, ids=str)
@pytest.mark.parametrize(
    ("model", "name", "field"), NUMBERS, ids=[f"{model.__name__}.{name}" for model, name, _ in NUMBERS]
)
def test_nonsense_is_no_number_of_a_setting(
    model: type[BaseModel], name: str, field: FieldInfo, value: Any
) -> None:
    given = [value] if is_sequence(field.annotation) else value

    with pytest.raises(ValidationError):
        as_typed(field).validate_python(given)


@pytest.mark.parametrize(
    ("model", "name", "field"), NUMBERS, ids=[f"{model.__name__}.{name}" for model, name, _ in NUMBERS]
)
@given(value=st.one_of(st.floats(), st.integers()))
def test_a_number_that_is_taken_is_one_that_a_clock_and_a_database_can_hold(
    model: type[BaseModel], name: str, field: FieldInfo, value: float
) -> None:
    try:
        taken = as_typed(field).validate_python([value] if is_sequence(field.annotation) else value)
    except ValidationError:
        return
    assert all(0 <= number <= 1_000_000_000 for number in (taken if isinstance(taken, tuple) else [taken]))


def test_a_delay_that_is_refused_is_refused_with_its_bound() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 604800"):
        CampaignSettings.model_validate({"look_after_seconds": [1e308]})
    with pytest.raises(ValidationError, match="greater than 0"):
        CampaignSettings.model_validate({"look_after_seconds": [-5]})
