"""Loading a large library when it is first needed, and not before.

A server that nobody has asked for a network yet should neither wait for a graph
library at its start nor hold it in memory.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class _Lazy(ModuleType):
    """A module that is loaded when something of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        # The import system has a lock for each module, so that two threads load it once.
        return getattr(import_module(self.__name__), name)


def lazily(name: str) -> Any:
    """Return a stand-in for a module, which loads it when something of it is first asked for.

    Type checkers are told of the module itself::

        if TYPE_CHECKING:
            import aiohttp
        else:
            aiohttp = lazily("aiohttp")

    :param name: the module's full name.

    >>> fractions = lazily("fractions")
    >>> fractions.Fraction(6, 4)
    Fraction(3, 2)
    """
    return _Lazy(name)
