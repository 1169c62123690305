"""What a task takes instead of something open, so that any runner can take the task to any process.

A reference is a function of a module with names as its arguments, as `functools.partial` keeps them: it
travels as these names, and the process that calls it opens what they name.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Reference: TypeAlias = Callable[[], AbstractContextManager[T]]
