"""The page around a real assistant whose model is a scripted server: streaming, stopping, flags, and pictures never fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.settings import Settings
from tests.model_server import LEAVING_S, ModelServer, Script, serving
from tests.web.conftest import Site, running
from tests.web.test_browser import WAIT_MS, Reader, chromium, expect
from tests.web.test_real_page import opened_quote

__all__ = ["chromium"]  # a fixture, found by its name

pytest.importorskip("langchain_openai")
pytestmark = pytest.mark.browser
SOURCES = Path(__file__).parents[2] / "sources"
LEADS = "Who leads the Korean delegation to Washington?"
GOOD = "The delegation is headed by Trade Minister Cheong In-kyo [1]. Ahn Duk-geun is expected to lead it, another report says [2]."
scripts: dict[str, Script] = {}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serving(lambda messages: scripts["next"]) as server:
        yield server


@pytest.fixture(scope="module")
def written_site(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("written")
    shutil.copytree(SOURCES, folder / "sources")
    settings = Settings(sources=folder / "sources", data=folder / "data", model="openai:scripted", model_url=model.url)
    assistant = Assistant.open(settings=settings)
    assistant.sync()
    with running(assistant) as site:  # type: ignore[arg-type]
        yield site


@pytest.fixture
def reader(chromium: object, written_site: Site) -> Iterator[Reader]:
    reader = Reader(chromium, written_site)
    yield reader
    reader.context.close()
    assert reader.errors == []
    assert reader.foreign_requests == []


def test_first_screen_says_who_writes_and_where(reader: Reader) -> None:
    expect(reader.page.locator(".welcome .model")).to_contain_text("openai:scripted writes the answers, on this machine.")


def test_sentences_appear_one_by_one_with_a_sign_before_the_first(reader: Reader) -> None:
    scripts["next"] = Script(GOOD + " That is all.", piece=8, pause_s=0.4, first_pause_s=1.0)
    page = reader.page
    page.fill("#question", LEADS)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".working")).to_contain_text("Writing", timeout=WAIT_MS)
    expect(turn.locator(".statement")).to_have_count(1, timeout=WAIT_MS)
    assert turn.locator(".actions").count() == 0
    turn.locator(".actions").wait_for()
    expect(turn.locator(".statement")).to_have_count(3)
    assert opened_quote(reader, turn)[0] == "Trade Minister Cheong In-kyo leads the delegation."
    turn.locator("summary").click()
    expect(turn.locator(".made")).to_contain_text("openai:scripted, on this machine")
    expect(turn.locator(".made")).to_contain_text("321 sent, 45 written")


def test_stop_while_the_model_is_silent_keeps_what_is_there(reader: Reader, model: ModelServer) -> None:
    scripts["next"] = Script(GOOD, silent_after=13)
    model.left_early.clear()
    page = reader.page
    page.fill("#question", LEADS)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".statement")).to_have_count(1, timeout=WAIT_MS)
    page.get_by_role("button", name="Stop this answer").click()
    expect(turn.locator(".notice")).to_have_text("Stopped before the answer was whole.")
    expect(turn.locator(".statement")).to_have_count(1)
    assert model.left_early.wait(LEAVING_S)


def test_sentence_that_fails_is_marked_with_the_reason_and_quotes_follow(reader: Reader) -> None:
    scripts["next"] = Script("The delegation is headed by Peter Navarro [1].")
    turn = reader.ask(LEADS)
    expect(turn.locator(".statement .support")).to_contain_text("borne out: “Peter Navarro” is not named there")
    expect(turn.locator(".quoted q")).to_have_count(2)
    expect(turn.locator(".notice")).to_contain_text("Most of what the model wrote is not borne out by the sources.")


def test_picture_and_link_in_a_reply_are_text_and_never_asked_for(reader: Reader, model: ModelServer) -> None:
    picture = f"{model.url}/stolen.png"
    scripts["next"] = Script(f"{GOOD} ![proof]({picture}) <img src={picture}> [more]({picture}) [1].")
    turn = reader.ask(LEADS)
    expect(turn).to_contain_text(f"proof ({picture})")
    assert turn.locator("img, a[href^=http]").count() == 0
    reader.page.wait_for_timeout(300)
    assert {path for path in model.paths if "stolen" in path} == set()
