"""Where a campaign's runs write their files."""

from pathlib import Path

from outreach.settings import CampaignSettings


def file_of(settings: CampaignSettings, campaign: str, kind: str) -> Path:
    """Where a campaign's run writes one of its files: `rejects.csv`, `report.html`, `proof.json` ..."""
    return Path(settings.output) / f"{campaign}-{kind}"
