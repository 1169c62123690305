"""Our region table against the official SDK's."""

from __future__ import annotations

import pytest
from PureCloudPlatformClientV2 import PureCloudRegionHosts

from outreach.genesys.http.hosts import DOMAINS, platform_hosts


@pytest.mark.parametrize("region", list(PureCloudRegionHosts))
def test_every_region_of_the_official_sdk_has_its_host(region: PureCloudRegionHosts) -> None:
    hosts = platform_hosts(region.name)

    assert hosts.api == region.get_api_host()
    assert hosts.login == region.get_api_host().replace("//api.", "//login.")


def test_there_is_no_region_that_the_official_sdk_does_not_know() -> None:
    assert {key.replace("-", "_") for key in DOMAINS} == {region.name for region in PureCloudRegionHosts}
