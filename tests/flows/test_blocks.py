"""Prefect's own contract for blocks, and what our blocks promise beyond it."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites.blocks import BlockStandardTestSuite
from pydantic import ValidationError

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.reference import tables
from blocks.stored import load_block
from flows.opening import BlockNames
from flows.preflight import gather
from outreach.errors import LedgerError, SettingsError
from tests.flows.office import Office


def test_the_page_of_settings_shows_every_setting_field_and_reason_of_today() -> None:
    text = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")

    shown = text.partition("<!-- tables -->\n")[2]

    assert shown == f"{tables()}\n", "run: python -m blocks.reference docs/settings.md"


class TestBlocks(BlockStandardTestSuite):
    @pytest.fixture(params=[GenesysCredentials, Senders, CrmWebhook, ContactLedger])
    def block(self, request: pytest.FixtureRequest) -> type[Block]:
        kind: type[Block] = request.param
        return kind

    def test_has_a_valid_image(self, block: type[Block]) -> None:
        """Prefect wants a picture on its own host; ours are shown without one."""
        assert block._logo_url is None


@pytest.mark.parametrize(
    ("block", "secret"),
    [
        (GenesysCredentials(client_id="id", client_secret="hush"), "hush"),
        (CrmWebhook(url="https://crm.example/hush", signing_secret="whsec_" + "hush" * 8), "hush"),
        (ContactLedger(url="postgresql://me:hush@host/name"), "hush"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Block) else "",
)
def test_no_block_shows_its_secret(block: Block, secret: str) -> None:
    assert secret not in repr(block)
    assert secret not in block.model_dump_json()


def test_the_ledgers_url_has_no_hidden_default_that_a_form_would_save_as_asterisks() -> None:
    schema = ContactLedger.model_json_schema()

    assert "url" in schema["required"]
    assert "default" not in schema["properties"]["url"]


@pytest.mark.parametrize("url", ["**********", "postgresql://me:**********@host/name", "outreach.db"])
def test_nonsense_is_not_saved_as_a_ledgers_url(url: str) -> None:
    with pytest.raises(ValidationError, match="not one that can be opened"):
        ContactLedger(url=url)


def test_a_relative_ledger_is_not_saved(prefect_api: str) -> None:
    with pytest.raises(LedgerError, match="relative"):
        ContactLedger(url="sqlite:///outreach.db").save("relative")


def test_preflight_refuses_a_relative_ledger_and_makes_no_file(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    office.save_ledger_as_a_form("sqlite:///outreach.db")

    with pytest.raises(LedgerError, match="relative"), gather(BlockNames(**office.names)).ledger():
        pass

    assert not (tmp_path / "outreach.db").exists()


def test_asterisks_that_a_form_saved_are_said_in_a_sentence(office: Office) -> None:
    office.save_ledger_as_a_form("**********")

    with pytest.raises(SettingsError, match="URL is not one that can be opened"):
        load_block(ContactLedger, office.name)
