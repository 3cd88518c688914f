"""Sending a page that follows from the snapshot and the address, or saying that a browser's copy is good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from starlette.responses import Response

from portsmouth.store.protocol import Store
from portsmouth_server.documents import entity_tag, headers_for, holds, unchanged
from portsmouth_server.lately import Lately
from portsmouth_server.negotiation import HTML_NAME
from portsmouth_server.pages import HtmlPages


async def send_page(
    request: Request,
    store: Store,
    pages: HtmlPages,
    template: str,
    context: Callable[[], Awaitable[dict[str, Any]]],
    *parts: object,
    rendered: Lately[bytes] | None = None,
) -> Response:
    """Answer with a page.

    :param request: the request.
    :param store: whose snapshot the page follows from.
    :param pages: what renders it.
    :param template: the name of its template.
    :param context: makes what the template shows, where the browser has no good copy.
    :param parts: what else the page follows from, such as its parameters.
    :param rendered: where the page is kept.
    :raises StoreError: the store could not answer.
    """
    snapshot = store.snapshot
    tag = entity_tag(snapshot, template, HTML_NAME, pages.edition, *parts)
    headers = headers_for(HTML_NAME, tag)
    if holds(request, tag):
        return unchanged(headers)
    body = rendered.get(tag) if rendered else None
    if body is None:
        body = pages.render(template, **await context())
        # A write in between may have let the page see another snapshot than its tag names.
        if rendered and store.snapshot == snapshot:
            rendered.put(tag, body)
    return Response(body, headers=headers)
