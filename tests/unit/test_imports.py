"""Who may import whom: cli -> deployments -> flows -> {tasks, blocks} -> outreach; emulator alone.

And within `outreach/`: each room only those named beside it, and SQL in three places.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.imports import Graph, collapse, find_circles, read_graph

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "cli": {"deployments", "flows", "tasks", "blocks", "outreach"},
    "deployments": {"flows", "tasks", "blocks", "outreach"},
    "flows": {"tasks", "blocks", "outreach"},
    "tasks": {"outreach"},
    "blocks": {"outreach"},
    "outreach": set[str](),
    "emulator": set[str](),
}
WITHOUT_PREFECT = {"outreach", "emulator"}

GROUND = {
    "channels",
    "chunks",
    "clock",
    "connections",
    "contacts",
    "counting",
    "countries",
    "errors",
    "home",
    "http_connection",
    "kept_connections",
    "languages",
    "reachability",
    "renumbering",
    "sameness",
    "setting_types",
    "settings",
    "timetable",
    "wrong_setting",
    "zones",
}
"""Single files that every room may import, and that import no room."""

ROOMS: dict[str, set[str]] = {
    "messages": set(),
    "compliance": {"messages"},
    "concurrency": set(),
    "genesys": {"webhook"},  # its guard of addresses that strangers name
    "sources": set(),
    "webhook": {"concurrency"},
    "ledger": {"compliance", "sources", "webhook"},
    "decisions": {"compliance", "ledger", "messages", "sources"},
    "privacy": {"ledger", "sources"},
    "operations": {"compliance", "genesys", "ledger", "messages", "sources", "webhook"},
    "report": {"compliance", "genesys", "ledger", "sources"},
    "campaign": {
        "compliance",
        "concurrency",
        "decisions",
        "genesys",
        "ledger",
        "messages",
        "sources",
        "webhook",
    },
    "follow_up": {"campaign", "genesys", "ledger", "operations", "webhook"},
}
"""A room of `outreach/`, and the rooms that it may import."""

SPEAK_SQL = ("outreach.ledger", "outreach.report.figures", "outreach.sources.query")
SQL = ("sqlalchemy", "alembic", "psycopg", "sqlite3", "outreach.ledger.database")
OWN_FILES = {"outreach.decisions.seen_keys", "outreach.privacy.leak_scan"}
"""They use SQLite's file format: a scratch file of a dry run's own, and any file that may hold a leak."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_graph(ROOT, MAY_IMPORT)


def lies_in(module: str, *places: str) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def imports(graph: Graph) -> list[tuple[str, str]]:
    return sorted((module, target) for module, targets in graph.items() for target in targets)


def room(module: str) -> str:
    return module.split(".")[1] if module.startswith("outreach.") else ""


def between_folders(graph: Graph) -> list[tuple[str, str]]:
    def is_wrong(module: str, target: str) -> bool:
        folder, other = module.split(".", maxsplit=1)[0], target.split(".", maxsplit=1)[0]
        return other in MAY_IMPORT and other not in MAY_IMPORT[folder] | {folder}

    return [pair for pair in imports(graph) if is_wrong(*pair)]


def of_prefect(graph: Graph) -> list[tuple[str, str]]:
    return [p for p in imports(graph) if lies_in(p[0], *WITHOUT_PREFECT) and lies_in(p[1], "prefect")]


def of_the_tests(graph: Graph) -> list[tuple[str, str]]:
    return [pair for pair in imports(graph) if lies_in(pair[1], "tests")]


def between_rooms(graph: Graph) -> list[tuple[str, str]]:
    def is_wrong(here: str, there: str) -> bool:
        return bool(here and there) and there not in ROOMS.get(here, set()) | GROUND | {here}

    return [pair for pair in imports(graph) if is_wrong(*map(room, pair))]


def from_compliance(graph: Graph) -> list[tuple[str, str]]:
    known = ("outreach.genesys", "outreach.ledger")
    return [p for p in imports(graph) if lies_in(p[0], "outreach.compliance") and lies_in(p[1], *known)]


def of_sql(graph: Graph) -> list[tuple[str, str]]:
    def is_wrong(module: str, target: str) -> bool:
        is_own_file = target == "sqlite3" and module in OWN_FILES
        return lies_in(target, *SQL) and not lies_in(module, *SPEAK_SQL) and not is_own_file

    return [pair for pair in imports(graph) if is_wrong(*pair)]


def circles_of_modules(graph: Graph) -> list[list[str]]:
    return find_circles(graph)


def circles_of_rooms(graph: Graph) -> list[list[str]]:
    """In each folder of the core, between its files and subfolders."""
    folders = {module.rpartition(".")[0] for module in graph if lies_in(module, "outreach")}
    return [circle for folder in sorted(folders) for circle in find_circles(collapse(graph, folder))]


Rule = Callable[[Graph], object]

RULES: dict[str, Rule] = {
    "a folder imports only what stands below it": between_folders,
    "the core and the emulator know nothing of Prefect": of_prefect,
    "nobody but the tests imports the tests": of_the_tests,
    "a room imports only the rooms named beside it": between_rooms,
    "compliance knows neither Genesys nor the ledger": from_compliance,
    "SQL is spoken in three places": of_sql,
    "no module imports itself around a corner": circles_of_modules,
    "no room imports itself around a corner": circles_of_rooms,
}

PLANTED: list[tuple[Rule, str, str]] = [
    (between_folders, "tasks.loading", "flows.campaign"),
    (between_folders, "emulator.http.server", "outreach.clock"),
    (of_prefect, "outreach.clock", "prefect.runtime"),
    (of_the_tests, "outreach.clock", "tests.support.ledgers"),
    (between_rooms, "outreach.ledger.claims", "outreach.genesys.guide"),
    (between_rooms, "outreach.errors", "outreach.webhook.schedule"),
    (from_compliance, "outreach.compliance.gate", "outreach.ledger.suppressions"),
    (from_compliance, "outreach.compliance.gate", "outreach.genesys.interface"),
    (of_sql, "outreach.campaign.run", "sqlalchemy.orm"),
    (of_sql, "flows.batch", "outreach.ledger.database.schema"),
    (circles_of_modules, "outreach.ledger.ledger", "outreach.ledger.release"),
    (circles_of_rooms, "outreach.sources.rows", "outreach.campaign.run"),
    (circles_of_rooms, "outreach.ledger.audit.seals", "outreach.ledger.runs"),
]
"""A rule, and an import that breaks it."""


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_rule_holds(graph: Graph, rule: Rule) -> None:
    assert not rule(graph)


@pytest.mark.parametrize(("rule", "module", "target"), PLANTED)
def test_a_rule_finds_a_forbidden_import(graph: Graph, rule: Rule, module: str, target: str) -> None:
    assert rule({**graph, module: {*graph[module], target}}) != rule(graph)


def test_every_rule_is_tried_with_a_forbidden_import() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES.values())


def test_every_room_is_named() -> None:
    found = {path.stem for path in (ROOT / "outreach").iterdir() if path.is_dir() or path.suffix == ".py"}

    assert {name for name in found if not name.startswith("__")} == set(ROOMS) | GROUND


@pytest.mark.parametrize(
    "line",
    [
        "import outreach.ledger.ledger",
        "from outreach.ledger import ledger",
        "from outreach.ledger.ledger import Ledger",
        "def late() -> None:\n    from outreach.ledger.ledger import Ledger",
        "if TYPE_CHECKING:\n    from outreach.ledger.ledger import Ledger",
    ],
)
def test_an_import_is_seen_wherever_it_stands(tmp_path: Path, line: str) -> None:
    for name, text in {"compliance/gate.py": line, "ledger/ledger.py": ""}.items():
        (tmp_path / "outreach" / name).parent.mkdir(parents=True)
        (tmp_path / "outreach" / name).write_text(text)

    assert from_compliance(read_graph(tmp_path, ["outreach"])) == [
        ("outreach.compliance.gate", "outreach.ledger.ledger")
    ]


def opens_the_database(file: Path) -> bool:
    """Whether it asks a ledger for a connection: `ledger.db.read()`, `.write()`, `.snapshot()`."""
    asked = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)]
    return any(ast.unparse(node).endswith((".db.read", ".db.write", ".db.snapshot")) for node in asked)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_nobody_else_takes_a_connection_of_the_ledgers(tmp_path: Path) -> None:
    files = [
        file.relative_to(ROOT)
        for folder in MAY_IMPORT
        for file in modules(folder)
        if opens_the_database(file)
    ]
    planted = tmp_path / "planted.py"
    planted.write_text("def ask(run):\n    with run.ledger.db.read() as connection:\n        pass\n")

    assert opens_the_database(planted)
    assert not [file for file in files if not lies_in(".".join(file.with_suffix("").parts), *SPEAK_SQL)]


def test_no_module_has_a_name_that_says_nothing() -> None:
    wrong = [file for folder in MAY_IMPORT for file in modules(folder) if file.stem in VAGUE]

    assert not wrong


def test_no_flow_file_hides_a_package_of_ours() -> None:
    """A file entrypoint puts flows/ first on the path: a package's name there would break every flow."""
    packages = {path.name for path in ROOT.iterdir() if path.is_dir()} | {"prefect", "genesys"}

    assert not {file.stem for file in modules("flows")} & packages
