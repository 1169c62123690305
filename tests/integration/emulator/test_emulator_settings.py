"""Whatever is set: taken, or refused with a sentence, and the emulator goes on answering."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.application import Application
from emulator.http.messages import Request
from emulator.state.faults import Fault
from emulator.state.organisation import Organisation
from emulator.state.settings import Settings, WrongSetting

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.text(max_size=5) | st.sampled_from([*Fault.model_fields, "times"]), inner, max_size=4
        ),
    ),
    max_leaves=5,
)
FAULTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["latency", "rate_limited", "act_then_drop"])},
    optional=dict.fromkeys(
        ("nth", "every", "after", "status", "retry_after", "operation", "seconds", "sigma"), JSON
    ),
)


@given(name=st.sampled_from(list(Settings.model_fields)), value=JSON | st.lists(FAULTS, max_size=2))
def test_a_setting_is_taken_or_refused_with_a_sentence(name: str, value: object) -> None:
    settings, said = Settings(), name
    try:
        settings = settings.merged({name: value})
    except WrongSetting as wrong:
        said = str(wrong)
    assert name in said
    org = Organisation(settings)
    reply = Application(org).answer(Request("GET", "/_emulator/state", {}))
    assert reply.response is not None
    assert reply.response.status == 200


@pytest.mark.parametrize("operation", ["callbacks", "contact", "message.*"])
def test_a_fault_about_no_operation_is_refused_for_it_would_never_fire(operation: str) -> None:
    with pytest.raises(WrongSetting, match=f"no operation is called '{re.escape(operation)}'"):
        Settings().merged({"faults": [{"kind": "latency", "operation": operation}]})


@pytest.mark.parametrize("operation", ["*", "callbacks.create", "messages.*", "POST /api/v2/*"])
def test_a_fault_is_about_a_name_a_pattern_or_a_path(operation: str) -> None:
    taken = Settings().merged({"faults": [{"kind": "latency", "operation": operation}]})
    assert [fault.operation for fault in taken.faults] == [operation]
