"""What FastAPI answers when something fails: problem details, or a page for browsers."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from portsmouth.errors import NotFoundError, PortsmouthError
from portsmouth_server.errors import Problem
from portsmouth_server.http import DATA_HEADERS, PAGE_HEADERS, PAGE_VARY, Header
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import prefers_page
from portsmouth_server.pages import HtmlPages


def answer_failures(app: FastAPI, pages: HtmlPages) -> None:
    """Give an application the project's way to answer every kind of failure.

    :param app: the application.
    :param pages: what renders a problem for people.
    """

    def refuse(request: Request, problem: Problem) -> Response:
        if prefers_page(accept_of(request.scope)):
            page = problem.all_headers("text/html; charset=utf-8")
            return _response(problem.status, pages.problem(problem), [*page, *PAGE_HEADERS])
        return _response(problem.status, problem.body(), [*problem.all_headers(), *DATA_HEADERS])

    @app.exception_handler(PortsmouthError)
    async def on_purpose(request: Request, error: PortsmouthError) -> Response:
        return refuse(request, Problem.from_error(error))

    @app.exception_handler(HTTPException)
    async def by_framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            missing = NotFoundError(f"no page at {request.url.path[:200]}", expected="one that / leads to")
            return refuse(request, Problem.from_error(missing))
        headers = _allow(error)
        return refuse(request, Problem.from_status(error.status_code, headers=headers))

    @app.exception_handler(RequestValidationError)
    async def by_validation(request: Request, error: RequestValidationError) -> Response:
        wrong = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        return refuse(request, Problem.from_status(422, "; ".join(wrong)[:2000]))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        return refuse(request, Problem.from_accident(error))


def _allow(error: HTTPException) -> tuple[Header, ...]:
    """Return Allow, which a 405 must have (RFC 9110, section 15.5.6) and the file server leaves out."""
    if error.status_code != 405:
        return ()
    allow = (error.headers or {}).get("Allow", "GET, HEAD")
    # The framework keeps them as a set.
    methods = sorted(method.strip() for method in allow.split(","))
    return ((b"allow", ", ".join(methods).encode()),)


def _response(status: int, body: bytes, headers: list[Header]) -> Response:
    response = Response(body, status)
    response.raw_headers = [
        (b"content-length", str(len(body)).encode()),
        (b"vary", PAGE_VARY.encode()),
        *headers,
    ]
    return response
