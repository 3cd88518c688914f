"""The answer of another service, converted while it comes.

Reading and converting is done in a thread; the deadline counts the waiting for the service, and no waiting
for a slow client. A client that leaves closes the connection to the service, which is how that learns of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from traceback import clear_frames
from typing import Any, Final

import aiohttp

from portsmouth.errors import DeadlineError, RemoteError, StoreError
from portsmouth.store.protocol import AnswerKind, Query
from portsmouth.store.service.client import Service
from portsmouth.store.service.converting import ACCEPTED, Bridge, Input, Pieces, convert
from portsmouth.store.service.refusals import unreachable

#: Headers by which a service tells that an answer is not whole.
_CUT: Final = ("X-SQL-State", "X-SPARQL-MaxRows")


class RemoteAnswer:
    """An answer that comes from the service; see :class:`portsmouth.store.protocol.Answer`.

    :param query: the question.
    :param kind: what the answer is.
    :param media_type: the media type in which it is given.
    :param seconds: for how long the service may be waited for, all in all.
    :param threads: where it is converted.
    :param on_close: is called once, when nothing more will be read.
    """

    def __init__(
        self,
        query: Query,
        kind: AnswerKind,
        media_type: str,
        seconds: float,
        threads: Executor,
        on_close: Callable[[RemoteAnswer], None],
    ) -> None:
        self._query = query
        self._kind = kind
        self._media_type = media_type
        self._seconds = seconds
        self._threads = threads
        self._on_close = on_close
        self._endpoint = ""
        self._waited = 0.0
        self._open = AsyncExitStack()
        self._pieces: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue(4)
        self._first: tuple[bytes, bool] | None = None
        self._work: asyncio.Future[None] | None = None
        self._closed = False

    @property
    def kind(self) -> AnswerKind:
        """What the answer is."""
        return self._kind

    @property
    def media_type(self) -> str:
        """The media type of the body."""
        return self._media_type

    @property
    def complete(self) -> bool:
        """Whether the rest of the body is already here."""
        return self._first is not None and self._first[1]

    async def begin(self, service: Service, endpoint: str, fields: list[tuple[str, str]]) -> None:
        """Ask, and wait for the head and the first piece.

        :param service: the service.
        :param endpoint: the address at which it answers queries.
        :param fields: the query as a form.
        :raises PortsmouthError: there is none.
        """
        begun = time.monotonic()
        self._endpoint = endpoint
        asking = service.form(endpoint, fields, ACCEPTED[self._kind], self._seconds, repeatable=True)
        response = await self._open.enter_async_context(asking)
        self._waited = time.monotonic() - begun
        for header in _CUT:
            if header in response.headers:
                raise RemoteError(
                    "found that the service behind this server cut its answer off; expected a whole one: "
                    "narrow the pattern, or ask its operator to allow longer answers"
                )
        loop = asyncio.get_running_loop()
        self._work = loop.run_in_executor(self._threads, self._convert, loop, response)
        self._first = await self._next()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks.

        :raises StoreError: the query overran, or the service failed, after the head was sent.
        """
        try:
            while True:
                piece, last = self._first or await self._next()
                self._first = None
                if piece:
                    yield piece
                if last:
                    return
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Give the answer up, which closes its connection unless all has come."""
        if self._closed:
            return
        self._closed = True
        self._on_close(self)
        await self._open.aclose()
        if self._work:
            while not self._work.done():
                # The thread may be waiting for room.
                while not self._pieces.empty():
                    self._pieces.get_nowait()
                await asyncio.wait([self._work], timeout=0.05)
            if not self._work.cancelled():
                self._work.exception()

    async def _next(self) -> tuple[bytes, bool]:
        """Wait for the next piece.

        :raises PortsmouthError: there is none.
        """
        work = self._work
        if work is None:
            raise StoreError("found an answer that has not begun; expected begin() first")
        getting = asyncio.ensure_future(self._pieces.get())
        both: list[asyncio.Future[Any]] = [getting, work]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and self._pieces.empty():
                # It has ended without a last piece.
                work.result()
                raise RemoteError("found an answer that ended half-way; expected a whole one")
            return await getting
        finally:
            getting.cancel()

    def _convert(self, loop: asyncio.AbstractEventLoop, response: aiohttp.ClientResponse) -> None:
        """Read, convert and pass on, in a thread."""
        bridge = Bridge(loop)
        pieces = Pieces(lambda piece, last: bridge.wait(lambda: self._put(piece, last)))
        source = Input(lambda: bridge.wait(lambda: self._take(response)), pieces.hurry)
        query = self._query
        try:
            convert(
                source,
                response.content_type,
                pieces,
                self._media_type,
                self._kind,
                query.max_rows,
                query.max_bytes,
            )
            pieces.end()
        except BaseException as error:
            # The parser between may have made something else of what went wrong.
            told = bridge.failure or error
            _let_go(error)
            _let_go(told)
            raise told from None

    async def _put(self, piece: bytes, last: bool) -> None:
        if self._closed:
            raise RemoteError("found nobody who waits for the answer")
        await self._pieces.put((piece, last))

    async def _take(self, response: aiohttp.ClientResponse) -> bytes:
        """Wait for bytes of the service; the deadline counts this, and no waiting for a slow client."""
        if self._closed:
            raise RemoteError("found nobody who waits for the answer")
        begun = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._seconds - self._waited)):
                return await response.content.readany()
        except TimeoutError:
            raise DeadlineError(self._seconds) from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(self._endpoint, error) from None
        finally:
            self._waited += time.monotonic() - begun


def _let_go(error: BaseException | None) -> None:
    """Empty the frames of an error, so that what the engine holds in them ends in the thread that made it."""
    while error:
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
