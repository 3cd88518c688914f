"""Routes whose code is loaded with the first request to them.

A server should answer queries soon after its start, and most servers are never asked for most of their
pages. The first who asks for one waits for it to be loaded, which a thread does, so that nobody else does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, MutableMapping, Sequence
from importlib import import_module
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


async def load(name: str) -> None:
    """Load a module in a thread, unless it is loaded, so that an import after this takes no time.

    :param name: the module's full name.
    """
    if name not in sys.modules:
        await asyncio.to_thread(import_module, name)


class Later(BaseRoute):
    """Everything at and below some paths, answered by a router that is made for the first request.

    :param paths: the paths; what follows them after ``/`` or ``.`` is theirs too.
    :param make: imports and makes the router. It is called once, in a thread.

    >>> later = Later(["/map"], APIRouter)
    >>> [later.has(path) for path in ("/map", "/map/x", "/map.ttl", "/maps")]
    [True, True, True, False]
    """

    def __init__(self, paths: Sequence[str], make: Callable[[], APIRouter]) -> None:
        self._paths = frozenset(paths)
        self._below = tuple(path + end for path in paths for end in "/.")
        self._make = make
        self._making = asyncio.Lock()
        self._made: APIRouter | None = None

    def has(self, path: str) -> bool:
        """Say whether a path is here.

        :param path: the path, without what a proxy put before it.
        """
        return path in self._paths or path.startswith(self._below)

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, dict[str, Any]]:
        """Say whether a request is for here; its method is for the router to judge."""
        here = scope["type"] == "http" and self.has(scope["path"].removeprefix(scope.get("root_path", "")))
        return (Match.FULL if here else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        :raises HTTPException: there is nothing at its path, or not for its method.
        """
        if self._made is None:
            async with self._making:
                if self._made is None:
                    made = await asyncio.to_thread(self._make)
                    # The application decides what a slash at the end means, not each of its parts.
                    made.redirect_slashes = False
                    self._made = made
        await self._made(scope, receive, send)
