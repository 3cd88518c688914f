"""A real browser for tests that look at pages, and a watch on all that it does.

Every page that a test opens is watched until the test ends, which then fails if
the page asked another host for anything, raised an error, wrote one to the
console, or opened a dialog.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Widths to try a page at: a small telephone, a tablet, a desk, a wide one.
WIDTHS = (360, 768, 1280, 2000)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
HERE = "127.0.0.1"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever a page asks of another host is seen by the watch, and never leaves the machine.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HERE}",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as the machine has it.

    It ends with the file: its event loop, once started, lets no other run in this thread.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"found none of {', '.join(NAMES)} on the PATH; expected one (on Debian: chromium)")
    # Chromium's own sandbox does not work for root, as which containers run.
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


class Browsing:
    """Opens pages and notes what they do that they should not.

    :param browser: what opens them.
    :param root: the server's address, for addresses that begin with a slash.
    """

    def __init__(self, browser: Browser, root: str) -> None:
        self.root = root
        #: What pages did that they should not.
        self.complaints: list[str] = []
        #: What has been written to the console, errors or not.
        self.console: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._expected: list[re.Pattern[str]] = []
        self._navigated: set[str] = set()

    def __call__(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
        **options: Any,
    ) -> Page:
        """Open a page in a context of its own.

        :param address: a full address, or a path on the server.
        :param width: CSS pixels of the window.
        :param scheme: the colours that the reader prefers.
        :param scripts: whether the browser runs scripts at all.
        :param options: further options of a context, such as ``locale="th"`` or ``reduced_motion``.
        """
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
            **options,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._complain(f"uncaught error: {error.error}"))
        context.on("dialog", self._on_dialog)
        page = context.new_page()
        page.goto(self.root + address if address.startswith("/") else address)
        return page

    def expect(self, pattern: str) -> None:
        """Let one thing pass that would otherwise fail the test.

        :param pattern: a regular expression that its complaint matches.
        """
        self._expected.append(re.compile(pattern))

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()

    def _complain(self, complaint: str) -> None:
        if not any(pattern.search(complaint) for pattern in self._expected):
            self.complaints.append(complaint)

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self._navigated.add(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != HERE:
            self._complain(f"request to another host: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type != "error":
            return
        # The browser also writes there that the page itself came with a status such as 404.
        if message.text.startswith("Failed to load resource") and message.location["url"] in self._navigated:
            return
        self._complain(f"console error: {message.text} ({message.location['url']})")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._complain(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def browsing(browser: Browser) -> Iterator[Any]:
    """Make watched ways to open pages of any server: ``browsing(server.url)("/path", width=360)``."""
    made: list[Browsing] = []

    def make(root: str) -> Browsing:
        made.append(Browsing(browser, root))
        return made[-1]

    yield make
    for each in made:
        each.close()
    assert [complaint for each in made for complaint in each.complaints] == []


@pytest.fixture
def visit(browsing: Any, shipped: Any) -> Browsing:
    """Open watched pages of the server on the program's own facts: ``visit("/id/witte", scheme="dark")``."""
    opened: Browsing = browsing(shipped.url)
    return opened


def until(page: Page, condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait until something holds, while what the browser tells is heard.

    :param page: any page of the browser.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"found nothing that holds within {seconds:g} s"
        page.wait_for_timeout(20)


def overflow(page: Page) -> int:
    """Return how many CSS pixels a page is wider than its window: 0 where nobody has to scroll sideways."""
    return int(
        page.evaluate(
            "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"
        )
    )
