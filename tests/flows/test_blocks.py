"""Prefect's own contract for blocks, and what our blocks promise beyond it."""

from __future__ import annotations

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites.blocks import BlockStandardTestSuite

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders


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
