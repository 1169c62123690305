"""What a campaign's artifacts and runs are called in Prefect."""

import hashlib
import re


def artifact_key(campaign: str, ledger: str) -> str:
    """A campaign's own among Prefect's artifacts, whose keys are lower-case letters, digits and dashes.

    The name as it is, where it is such a key and the ledger the default one; otherwise with the ledger's and
    with a mark, so that no two meet.
    """
    name, where = _slug(campaign), _slug(ledger)
    if (name, ledger) == (campaign, "default"):
        return name
    mark = hashlib.sha256(f"{ledger}/{campaign}".encode()).hexdigest()[:6]
    return f"{name}-{where}-{mark}"


def run_tags(campaign: str, organisation: str) -> list[str]:
    """What a campaign's runs are found by; the organisation is its block's name."""
    return [f"campaign: {campaign}", f"organisation: {organisation}"]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
