"""Answers to be saved as files: with a name, and for spreadsheets with the mark by which they know UTF-8."""

from __future__ import annotations

from typing import Any, Final

from portsmouth_server.http import Send

#: Without it Excel takes UTF-8 for the code page of its system, and Thai or ō for other letters.
MARK: Final = b"\xef\xbb\xbf"


def saved_as(send: Send, name: str, *, marked: bool = False, head_only: bool = False) -> Send:
    """Give an answer the name of a file.

    :param send: where the answer goes.
    :param name: the file's name, in ASCII.
    :param marked: whether the text begins with the byte-order mark.
    :param head_only: whether the answer has no body.
    """
    due = marked

    async def sent(message: Any) -> None:
        nonlocal due
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            due = (
                due and message["status"] == 200 and not any(key == b"content-encoding" for key, _ in headers)
            )
            if message["status"] == 200:
                headers.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
            if due:
                headers = [
                    (key, b"%d" % (int(value) + len(MARK))) if key == b"content-length" else (key, value)
                    for key, value in headers
                ]
            message = {**message, "headers": headers}
        elif due and not head_only:
            due = False
            message = {**message, "body": MARK + message.get("body", b"")}
        await send(message)

    return sent
