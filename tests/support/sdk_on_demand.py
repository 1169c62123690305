"""The official SDK, of which only those modules are loaded that a test asks for: 700 of 6,800.

Its three packages import everything below them, one class from each module. Here the same lines are read, and
each is obeyed when its class is asked for. The modules themselves are the SDK's own, untouched.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

SDK = "PureCloudPlatformClientV2"
PACKAGES = {SDK, f"{SDK}.models", f"{SDK}.apis"}
_LINE = re.compile(r"^from (\.\S+) import (\w+)$", re.MULTILINE)


class OnDemand(MetaPathFinder, Loader):
    """Finds the SDK's packages where they are, and runs none of their imports yet."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in PACKAGES else None
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        assert module.__file__
        homes = {name: home for home, name in _LINE.findall(Path(module.__file__).read_text())}

        def ask(name: str) -> Any:
            if name not in homes:
                raise AttributeError(name)
            return getattr(import_module(homes[name], module.__name__), name)

        module.__getattr__ = ask  # type: ignore[method-assign]  # what Python asks for a name that is not there


def load_on_demand() -> None:
    """From here on, `import PureCloudPlatformClientV2` is quick."""
    sys.meta_path.insert(0, OnDemand())
