"""Which functions are boundaries, and between which steps: what `make profile` counts."""

from __future__ import annotations

import importlib
import inspect
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from tests.bench.accounting import Accountant

SQLITE, SQLALCHEMY, TRANSPORT = "SQLite", "SQLAlchemy", "transport"
PYDANTIC, JSON, HASHING, THREADS = "pydantic", "JSON", "hashing, signing, sealing", "handing over to threads"
PREFECT, IMPORTS = "Prefect", "imports"

OTHERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "sqlalchemy.engine.default:DefaultDialect": {
        SQLITE: ("do_execute", "do_executemany", "do_commit", "do_begin", "do_rollback")
    },
    "sqlalchemy.engine.cursor:CursorFetchStrategy": {SQLITE: ("fetchone", "fetchmany", "fetchall")},
    "sqlalchemy.engine.base:Connection": {
        SQLALCHEMY: ("execute", "exec_driver_sql", "execution_options", "begin", "close")
    },
    "sqlalchemy.engine.base:Engine": {SQLALCHEMY: ("connect",)},
    "sqlalchemy.engine.base:Transaction": {SQLALCHEMY: ("close", "commit", "rollback")},
    "sqlalchemy.engine.result:Result": {SQLALCHEMY: ("all", "first", "scalar", "scalar_one", "fetchall")},
    "pydantic:BaseModel": {
        PYDANTIC: (
            "__init__",
            "model_validate",
            "model_validate_json",
            "model_dump",
            "model_dump_json",
            "model_copy",
        )
    },
    "pydantic:TypeAdapter": {PYDANTIC: ("validate_python", "validate_json", "dump_json", "dump_python")},
    "orjson": {JSON: ("loads", "dumps")},
}
"""Libraries' own, by the object that has them and the step that they are."""

ROOMS = {
    "outreach.http_connection": TRANSPORT,
    "outreach.kept_connections": TRANSPORT,
    "outreach.connections": TRANSPORT,
    "outreach.genesys.http.exchange": TRANSPORT,
    "outreach.webhook.connection": TRANSPORT,
    "outreach.ledger.database": SQLALCHEMY,
    "outreach.ledger.vault": HASHING,
    "outreach.ledger.audit": HASHING,
    "outreach.webhook.signing": HASHING,
    "outreach.concurrency": THREADS,
    "outreach.ledger.executors": "`outreach/ledger`: who is alive, and the send log",
    "outreach.messages": "words of messages",
    "outreach.compliance": "rules",
    "tasks": "`flows` and `tasks`",
    "flows": "`flows` and `tasks`",
}
"""Ours whose step is not their folder's; the longest name counts."""

_BASES = {"outreach-call": THREADS, "webhook-courier": "`outreach/webhook`"}
_OURS = ("outreach.", "tasks.", "flows.")
_NOBODYS = frozenset({"outreach.clock", "outreach.contacts", "outreach.errors"})
"""So small, and asked so often, that they count as their callers': 29 of 142 boundaries a contact."""


def base(thread: str) -> str:
    """The step of a thread, by its name: Prefect's are Prefect, and so is the main one, which it runs."""
    return next((step for name, step in _BASES.items() if thread.startswith(name)), PREFECT)


def set_first_boundaries(accountant: Accountant) -> None:
    """Make boundaries of imports, and of threads: before anything of ours is imported."""
    _bind(accountant, sys.modules["_frozen_importlib"], "_find_and_load", IMPORTS)
    threading.Thread.run = accountant.whole(threading.Thread.run)  # type: ignore[method-assign]


def set_boundaries(accountant: Accountant) -> None:
    """Make boundaries of everything above, in the modules that are imported by now."""
    for place, steps in OTHERS.items():
        module, _, name = place.partition(":")
        owner = importlib.import_module(module)
        for step, functions in steps.items():
            for function in functions:
                _bind(accountant, getattr(owner, name) if name else owner, function, step)
    moved: dict[FunctionType, Any] = {}
    for room in [each for name, each in sys.modules.items() if _is_ours(name)]:
        moved |= dict(_bind_module(accountant, room))
    _tell_importers(moved)


def _bind(accountant: Accountant, owner: Any, name: str, step: str) -> Any:
    """Replace a function where it stands; what has taken its place."""
    found = vars(owner)[name]
    kind = type(found) if isinstance(found, (classmethod, staticmethod)) else None
    bound: Any = accountant.bound(step, found.__func__ if kind else found)
    setattr(owner, name, kind(bound) if kind else bound)
    return bound


def _bind_module(accountant: Accountant, module: ModuleType) -> Iterator[tuple[FunctionType, Any]]:
    """What others call of a module of ours: its public functions, and the public methods of its classes."""
    step = _step(module.__name__)
    for name, found in list(vars(module).items()):
        if getattr(found, "__module__", "") != module.__name__ or name.startswith("_"):
            continue
        if _is_plain(found):
            yield found, _bind(accountant, module, name, step)
        elif inspect.isclass(found):
            for own, method in list(vars(found).items()):
                plain = getattr(method, "__func__", method)
                if not own.startswith(("_", "on_")) and _is_plain(plain):
                    _bind(accountant, found, own, step)


def _is_ours(module: str) -> bool:
    return module.startswith(_OURS) and module not in _NOBODYS


def _is_plain(found: object) -> bool:
    """A generator, or a context, is nobody's step: what it is used for goes on within it."""
    return isinstance(found, FunctionType) and not inspect.isgeneratorfunction(inspect.unwrap(found))


def _step(module: str) -> str:
    names = [name for name in ROOMS if module == name or module.startswith(f"{name}.")]
    return ROOMS[max(names, key=len)] if names else f"`{'/'.join(module.split('.')[:2])}`"


def _tell_importers(moved: dict[FunctionType, Any]) -> None:
    """Have everybody who imported a function by its name call what has taken its place."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(_OURS):
            continue
        for own, found in list(vars(module).items()):
            if isinstance(found, FunctionType) and found in moved:
                setattr(module, own, moved[found])
