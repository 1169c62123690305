"""A real Chromium on a real Prefect UI, brought up as `make up` does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.processes import free_port
from cli.up import running

PEOPLE = 60
NUMBER = "+1317200{:04}"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program; where there is none, the test says so."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str, place: object) -> Iterator[object]:
    # Playwright leaves a running event loop in this thread, beneath which Prefect would register nothing.
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def place(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The UI's address, and a folder with `people.csv`."""
    home, port = tmp_path_factory.mktemp("up"), free_port()
    write_people(home / "people.csv")
    with running(port, free_port(), home):
        yield f"http://127.0.0.1:{port}", home


def write_people(file: Path) -> None:
    """Most have a number or an address; four have neither, and four numbers lack a country: 8 rejects."""
    lines = ["external_contact_id,name,sms,email,time_zone,initial_message"]
    for n in range(PEOPLE):
        number = f"{NUMBER.format(n)[2:]}" if n % 15 == 7 else NUMBER.format(n)
        sms, email = (number if n % 3 else "", f"p{n}@example.com" if n % 5 else "")
        lines.append(f"C-{n},Person {n},{sms},{email},America/New_York,Hello")
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    opened = browser.new_page(viewport={"width": 1360, "height": 900})  # type: ignore[attr-defined]  # Playwright's
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()
