"""The page around the real assistant on the project's own sources: ask, check a citation, add a document and ask about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from tests.web.conftest import Site, running
from tests.web.test_browser import Reader, chromium, expect

__all__ = ["chromium"]  # a fixture, found by its name

SOURCES = Path(__file__).parents[2] / "sources"
HOSTILE = """\
<script>window.owned = true</script>
<form action="http://127.0.0.1:9/steal"><input name="q"></form>
![](http://127.0.0.1:9/x.png)

The lighthouse at Grey Point was painted green in 1987, <b>the keeper</b> said. ![](http://127.0.0.1:9/x.png)
"""


@pytest.fixture(scope="module")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(SOURCES, folder / "sources")
    assistant = Assistant.open(folder / "sources")
    assistant.sync()
    with running(assistant) as site:  # type: ignore[arg-type]
        yield site


@pytest.fixture
def reader(chromium: object, real_site: Site) -> Iterator[Reader]:
    reader = Reader(chromium, real_site)
    yield reader
    reader.context.close()
    assert reader.errors == []
    assert reader.foreign_requests == []


def opened_quote(reader: Reader, turn, n: int = 0) -> tuple[str, str]:
    """The words marked in the article that a citation opens, and the file they should stand in."""
    pill = turn.locator(".cite").nth(n)
    source = pill.get_attribute("data-source")
    _, _, start, end = pill.get_attribute("href").split("-")
    pill.click()
    expect(reader.page.locator("#article .where")).to_contain_text(source)
    expect(reader.page.locator("#passage")).to_be_in_viewport()
    marked = "".join(reader.page.locator(".article-text mark").all_text_contents())
    text = (Path(reader.site.assistant.settings.sources) / source).read_text(encoding="utf-8-sig")
    assert marked == text[int(start) : int(end)]
    return marked, source


def test_every_citation_of_a_disagreement_opens_at_its_words(reader: Reader) -> None:
    turn = reader.ask("How large is the trade gap?")
    expect(turn.locator(".disagreement tbody tr")).to_have_count(2)
    marked = dict(reversed(opened_quote(reader, turn, n)) for n in (0, 1))
    assert "$66 billion" in marked["han-rules-out-retaliation.md"]
    assert "$55.7 billion" in marked["trade-team-heads-to-washington.md"]


def test_follow_up_and_declined_question(reader: Reader) -> None:
    reader.ask("What did Peter Navarro write?")
    turn = reader.ask("Who won the election?")
    expect(turn.locator(".declined h3")).to_have_text("Not in your sources")
    expect(turn.locator(".passages li").first).to_be_visible()
    reader.open()
    expect(reader.page.locator(".turn")).to_have_count(2)


def test_uploaded_document_is_answered_from_and_does_nothing_else(reader: Reader) -> None:
    page = reader.page
    upload = {"name": "lighthouse.md", "mimeType": "text/markdown", "buffer": HOSTILE.encode()}
    broken = {"name": "broken.txt", "mimeType": "text/plain", "buffer": b"\x00\xff\x00"}
    page.set_input_files("#files", [upload, broken])
    expect(page.locator(".report tbody tr")).to_have_count(2)
    expect(page.locator(".report")).to_contain_text("binary")
    expect(page.locator(".source-list")).to_contain_text("lighthouse.md")
    turn = reader.ask("When was the lighthouse at Grey Point painted green?")
    marked, source = opened_quote(reader, turn)
    assert source == "lighthouse.md"
    assert "painted green in 1987, <b>the keeper</b> said." in marked
    assert page.locator("#reader :is(script, form, img, iframe)").count() == 0
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.owned") is None
