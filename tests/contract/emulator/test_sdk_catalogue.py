"""The list of operations: each is one of the official SDK's, and the documentation shows exactly these."""

from __future__ import annotations

import re
from pathlib import Path

import PureCloudPlatformClientV2 as sdk  # noqa: N813  its own name is a mouthful
import pytest

from emulator.catalogue import GUIDE_OPERATIONS, PLATFORM_OPERATIONS
from emulator.operation_table import NOT_EMULATED, tables
from emulator.state.settings import Settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "emulator.md"


def sdk_operations() -> set[tuple[str, str]]:
    """Method and path of every operation in the SDK's source, with nameless parameters."""
    found = set()
    for file in (Path(sdk.__file__).parent / "apis").glob("*.py"):
        source = file.read_text(encoding="utf-8")
        paths = re.findall(r"resource_path = '(.*?)'.*?call_api\(resource_path, '(\w+)'", source, re.DOTALL)
        found |= {(method, shape(path)) for path, method in paths}
    return found


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_operation_exists_in_the_official_sdk() -> None:
    ours = {(each.method, shape(each.template)) for each in PLATFORM_OPERATIONS}
    left_out = {(method, shape(template)) for method, template, _ in NOT_EMULATED}
    assert (ours | left_out) - sdk_operations() == set()
    assert not ours & left_out


def test_starting_a_conversation_is_the_guides_alone() -> None:
    assert ("POST", "/api/v2/conversations") not in sdk_operations()
    assert ("POST", "/api/v2/conversations") in GUIDE_OPERATIONS


def test_the_documentation_shows_exactly_these_operations() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = text.partition("<!-- operations -->\n")[2].partition("<!-- end -->")[0]
    assert shown == tables(), "run: python -m emulator.operation_table docs/emulator.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_and_has_a_default(name: str) -> None:
    assert f"| `{name}` |" in DOCUMENT.read_text(encoding="utf-8")
    assert hasattr(Settings(), name)
