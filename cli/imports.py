"""Importing Prefect for one command, and not what it imports beside that no run of ours ever asks for.

Whatever is put off is whole from the first attribute on that somebody asks it for, so that a Prefect that
uses it after all, or has it elsewhere, only takes its time.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

PUT_OFF = frozenset({"coolname", "jsonschema", "prefect.blocks.notifications", "prefect.blocks.webhook"})
"""Names for nameless runs, the check of a pool's variables, messages to Slack and its like: 0.17 s of the 1.0
that importing Prefect takes.
"""


@contextlib.contextmanager
def importing_thriftily() -> Iterator[None]:
    """Import what a run needs in three quarters of the time, all in the block.

    Nothing that is imported becomes garbage: to look for some took a tenth of that time, and as much again
    where the run first puts it aside.
    """
    thrift = _Thrift()
    sys.meta_path.insert(0, thrift)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        sys.meta_path.remove(thrift)


class _Thrift(MetaPathFinder):
    """Finds what is put off, and no command of httpx's, which brings click and Pygments along: 0.03 s."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if name == "httpx._main":
            raise ModuleNotFoundError(name=name)
        spec = PathFinder.find_spec(name, path) if name in PUT_OFF else None
        if spec and spec.loader:
            spec.loader = _Later(spec.loader)
        return spec


class _Later(Loader):
    """Makes modules that load when somebody asks for something in them.

    Not `importlib.util.LazyLoader`: what that makes loads as soon as a second module imports it.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.lock = threading.RLock()

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet. Without a path, so that to import a module below asks, too."""
        module.__dict__.pop("__path__", None)
        module.__class__ = _PutOff


class _PutOff(ModuleType):
    __spec__: ModuleSpec

    def __getattr__(self, name: str) -> object:
        spec = self.__spec__
        if isinstance(later := spec.loader, _Later):
            with later.lock:
                if spec.loader is later:
                    _load(self, spec, later.loader)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None


def _load(module: ModuleType, spec: ModuleSpec, loader: Loader) -> None:
    spec.loader = module.__loader__ = loader
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    loader.exec_module(module)
    module.__class__ = ModuleType
