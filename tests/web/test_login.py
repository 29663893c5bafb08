"""The log-in form in a real browser: a person types the token in once, and the page works as it does without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.web import build_app
from tests.interfaces.conftest import TOKEN
from tests.interfaces.conftest import running as serving
from tests.web.conftest import Site, make_assistant
from tests.web.test_browser import WAIT_MS, Reader, chromium, expect

__all__ = ["chromium"]  # a fixture, found by its name
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def closed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assistant = make_assistant(tmp_path_factory.mktemp("closed"))
    app = build_app(assistant, token=TOKEN)
    with serving(lambda: app) as url:
        yield Site(f"{url}/", assistant, app.state.intake)


class LoggedIn(Reader):
    """A reader who is asked for the token first."""

    def open(self, fragment: str = "") -> None:
        self.page.goto(self.site.url + fragment)
        for token in ("wrong", TOKEN):
            self.page.get_by_label("Token").fill(token)
            self.page.get_by_role("button", name="Open").click()
            if token == "wrong":
                expect(self.page.get_by_role("alert")).to_have_text("That is not the token.")
        self.page.wait_for_selector(".reader-ready", state="attached")


def test_the_token_opens_the_page_for_good(chromium: object, closed_site: Site, tmp_path: Path) -> None:
    reader = LoggedIn(chromium, closed_site)
    turn = reader.ask("What does Korea face?")
    expect(turn.locator(".cite").first).to_be_visible()
    reader.page.goto(closed_site.url)
    reader.page.wait_for_selector(".reader-ready", state="attached", timeout=WAIT_MS)
    status = reader.page.evaluate("fetch('/api/openapi.json').then((reply) => reply.status)")
    assert (status, reader.errors, reader.foreign_requests) == (200, [], [])
    reader.context.close()
