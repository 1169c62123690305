"""What the command loads before it knows which verb is wanted."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pydantic", "sqlalchemy", "prefect", "httpx", "httpcore", "phonenumbers", "cryptography", "alembic")


def printed(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_help_waits_for_none_of_the_large_libraries() -> None:
    """They take 0.1 to 2 seconds each; `outreach --help` takes 0.3 without them."""
    said = f"import sys, cli.main; print(*[name for name in {HEAVY} if name in sys.modules])"
    assert printed(said) == []


def test_what_only_an_old_workbook_needs_is_loaded_with_one() -> None:
    assert printed("import sys, outreach.sources; print(*{'xlrd'} & sys.modules.keys())") == []
