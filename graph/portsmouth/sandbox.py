"""Reading strangers' documents and queries in processes of their own, which limits end.

A parser that is given the wrong document can take all time, all memory or its
whole stack, and none of the three can be taken back within a process. So
documents are read in helper processes that hold nothing else: they are started
when they are first needed, kept for the next document, and ended when a
document overruns.

A helper reads from its standard input: the length of a head, the head in JSON,
the document. It writes the length of its answer as a signed number and the
answer: N-Triples, nothing for a query that can be parsed, or, where the number
is negative, an error in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import Any, BinaryIO, Final, Self

from portsmouth.errors import (
    DeadlineError,
    DocumentError,
    EngineError,
    QueryNestingError,
    QuerySyntaxError,
    RequestError,
    StoreError,
    TooLargeError,
)
from portsmouth.store.processes import deaths
from portsmouth.store.protocol import Query
from portsmouth.store.sparql.engine import check
from portsmouth.store.sparql.fallen import log_fault
from portsmouth.untrusted import to_ntriples

_LENGTH: Final = struct.Struct("!q")
#: Documents that are read at once; more wait, as they share the processors anyway.
_HELPERS: Final = 2
#: What a head calls a query, as opposed to the formats of documents.
_QUERY: Final = "query"


class Sandbox:
    """Helper processes that read documents.

    :param memory_mib: MiB that one of them may take.
    """

    def __init__(self, memory_mib: int) -> None:
        self._memory_mib = memory_mib
        self._idle: list[Process] = []
        #: Each with the file of what it says on standard error.
        self._all: dict[Process, int] = {}
        self._places = asyncio.Semaphore(_HELPERS)

    async def to_ntriples(self, document: bytes, form: str, base: str, seconds: float) -> bytes:
        """Read a document that holds one graph; see :func:`portsmouth.untrusted.to_ntriples`.

        :param seconds: how long that may take.
        :raises DocumentError: it is not of that format, holds named graphs, or would cost too much to read.
        :raises DeadlineError: it took too long.
        :raises TooLargeError: it needs more memory than a helper may take.
        :raises EngineError: the parser has a fault.
        """
        answer = await self._read(document, {"form": form, "base": base}, seconds)
        if isinstance(answer, bytes):
            return answer
        raise DocumentError(**answer)

    async def check_query(
        self, text: str, seconds: float, *, base: str | None = None, known_prefixes: bool = False
    ) -> None:
        """Parse a query and evaluate nothing of it; see :func:`portsmouth.store.sparql.engine.check`.

        :param text: the query.
        :param seconds: how long that may take.
        :param base: the IRI against which relative IRIs stand.
        :param known_prefixes: whether the project's prefixes hold without being declared.
        :raises QuerySyntaxError: it is not SPARQL.
        :raises QueryNestingError: it is nested too deeply to be parsed.
        :raises RequestError: the engine refuses it for another reason.
        :raises DeadlineError: it took too long.
        :raises TooLargeError: it needs more memory than a helper may take.
        """
        document = text.encode("utf-8", "surrogatepass")
        try:
            head = {"form": _QUERY, "base": base, "known_prefixes": known_prefixes}
            answer = await self._read(document, head, seconds)
        except DocumentError as error:
            raise QueryNestingError(
                found="a query that exhausts the parser's stack", expected=error.expected
            ) from None
        if isinstance(answer, bytes):
            return
        if answer.pop("nested"):
            raise QueryNestingError(answer["found"], answer["expected"])
        if answer["line"] is None:
            raise RequestError(answer["found"], answer["expected"])
        raise QuerySyntaxError(**answer)

    async def _read(
        self, document: bytes, head: Mapping[str, object], seconds: float
    ) -> bytes | dict[str, Any]:
        """Let a helper read a document and return its answer, or what it says is wrong."""
        async with self._places:
            helper = self._waiting() or await self._start()
            try:
                async with asyncio.timeout(seconds):
                    answer = await _ask(helper, document, head)
            except TimeoutError:
                await self._end(helper)
                raise DeadlineError(seconds) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise self._cause_of_death(*await self._end(helper)) from None
            except BaseException:
                await self._end(helper)
                raise
            self._idle.append(helper)
            return answer

    async def aclose(self) -> None:
        """End all helpers."""
        self._idle.clear()
        for helper in tuple(self._all):
            await self._end(helper)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _waiting(self) -> Process | None:
        while self._idle:
            helper = self._idle.pop()
            if helper.returncode is None:
                return helper
            os.close(self._all.pop(helper))
        return None

    async def _start(self) -> Process:
        # Only what a Python needs: a token in the environment is none of a helper's business.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PORTSMOUTH_")
        }
        environment["PYTHONPATH"] = os.pathsep.join(part for part in sys.path if part)
        environment["RUST_BACKTRACE"] = "0"
        said = deaths.listen()
        try:
            helper = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "portsmouth.sandbox", str(self._memory_mib),
                stdin=PIPE, stdout=PIPE, stderr=said, env=environment, limit=1 << 20,
            )  # fmt: skip
        except BaseException:
            os.close(said)
            raise
        self._all[helper] = said
        return helper

    async def _end(self, helper: Process) -> tuple[int, str]:
        """End a helper; return its exit status, negative where a signal ended it, and its last words."""
        said = self._all.pop(helper, None)
        if helper.stdin:
            helper.stdin.close()
        try:
            # One that died of itself has a status to tell; one that still works has none.
            status = await asyncio.wait_for(helper.wait(), 0.2)
        except TimeoutError:
            helper.kill()
            status = await helper.wait()
        except BaseException:
            # To be interrupted once more is no reason to leave it at work.
            if helper.returncode is None:
                helper.kill()
            if said is not None:
                os.close(said)
            raise
        return status, "" if said is None else deaths.last_words(said, status, pass_on=False)

    def _cause_of_death(self, status: int, words: str) -> Exception:
        if (reason := deaths.fault(words)) is not None:
            log_fault(reason, again=False)
            return EngineError(reason)
        if status == -signal.SIGSEGV:
            return DocumentError(
                "a document that exhausts the parser's stack", "one that is nested less deeply"
            )
        if status in (-signal.SIGABRT, 1):
            return TooLargeError(
                f"a document that needs more than {self._memory_mib} MiB to be read", "it in smaller parts"
            )
        return StoreError(f"found a helper that ended with status {status}; expected triples")


async def _ask(helper: Process, document: bytes, head: Mapping[str, object]) -> bytes | dict[str, Any]:
    assert helper.stdin is not None  # noqa: S101  # both are pipes
    assert helper.stdout is not None  # noqa: S101
    packed = json.dumps({**head, "length": len(document)}).encode()
    helper.stdin.write(_LENGTH.pack(len(packed)) + packed)
    helper.stdin.write(document)
    await helper.stdin.drain()
    (length,) = _LENGTH.unpack(await helper.stdout.readexactly(_LENGTH.size))
    body = await helper.stdout.readexactly(abs(length))
    return body if length >= 0 else dict(json.loads(body))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Read documents until there are no more.

    :param requests: documents with their heads.
    :param answers: where triples and errors go.
    """
    while prefix := requests.read(_LENGTH.size):
        head = json.loads(requests.read(_LENGTH.unpack(prefix)[0]))
        document = requests.read(head["length"])
        try:
            if head["form"] == _QUERY:
                text = document.decode("utf-8", "surrogatepass")
                check(Query(text, base=head["base"], known_prefixes=head["known_prefixes"]))
                body = b""
            else:
                body = to_ntriples(document, head["form"], head["base"])
            sign = 1
        except RequestError as error:
            body, sign = json.dumps(_told(error)).encode(), -1
        answers.write(_LENGTH.pack(sign * len(body)))
        answers.write(body)
        answers.flush()


def _told(error: RequestError) -> dict[str, Any]:
    place = {name: getattr(error, name, None) for name in ("line", "column")}
    told: dict[str, Any] = {"found": error.found, "expected": error.expected, **place}
    return (
        told if isinstance(error, DocumentError) else told | {"nested": isinstance(error, QueryNestingError)}
    )


def main() -> None:
    """Be a helper; the one argument is the MiB that it may take."""
    try:
        import resource
    except ImportError:
        # Windows has no such limit; the deadline holds there too.
        pass
    else:
        most = int(sys.argv[1]) << 20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whoever stops the server by Ctrl-C stops its helpers by closing their input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
