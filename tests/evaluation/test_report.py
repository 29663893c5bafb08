"""The report: what it holds, that nothing in it runs or calls out, and how it works in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation import plots
from assistant.evaluation.bootstrap import Interval
from assistant.evaluation.figures import Difference, Summary, Value
from assistant.evaluation.metrics import Point
from assistant.evaluation.outputs import evaluate, read_run, write_metrics, write_results
from assistant.evaluation.report import marked, render, write_report
from assistant.evaluation.runs import Result
from assistant.types import Span
from tests.evaluation.sets import question, result

HOSTILE = '<script>window.owned = true</script><img src="http://127.0.0.1:9/x.png" onerror="window.owned = true">'
RUN: dict[str, Any] = {
    "version": "1", "commit": "c" * 40, "settings": {"answerer": "quoting"}, "corpus": {"sha256": "f", "documents": 1, "passages": 4},
    "model": {"encoder": "e", "answerer": ["quoting"], "language_model": None}, "questions": {"sha256": "q", "count": 6},
}  # fmt: skip


def results() -> list[Result]:
    """One of each outcome, hostile words wherever words can stand."""
    timed = {"timings_ms": {"retrieve": 5.0, "answer": 12.5}}
    return [
        result(question("right", tags=["fact"]), cited=[0], hits=[0, 1], evidence=[0], **timed),
        result(question("wrong", tags=["fact", "conflict"], evidence=[{"source": "made-up.txt", "quote": "The quay is long."}]), cited=[2], hits=[2, 1], evidence=[1], **timed),
        result(question("refused", tags=["why"], must_include=[HOSTILE]), hits=[3, 0], evidence=[0], declined=True, **timed),
        result(question("declined", answerable=False, tags=["near"]), hits=[3], declined=True, **timed),
        result(question("invented", answerable=False, tags=["near"]), cited=[3], hits=[3], **timed),
        result(replace(question("hostile", tags=[HOSTILE], history=[HOSTILE]), question=HOSTILE), cited=[1], hits=[1], evidence=[0], notices=(HOSTILE,), answer=HOSTILE, **timed),
    ]  # fmt: skip


def test_the_report_names_nothing_to_fetch_and_escapes_everything() -> None:
    page = render(evaluate([results()], RUN))
    assert "<script>window" not in page
    assert "<img" not in page
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == []
    assert re.findall(r"@import|url\(", page) == []


def test_the_same_run_gives_the_same_bytes() -> None:
    assert render(evaluate([results()], RUN)) == render(evaluate([results()], RUN))


def test_a_run_of_one_question_and_one_of_none_answered_have_reports() -> None:
    for only in results():
        assert "Every question" in render(evaluate([[only]], RUN))


@pytest.mark.parametrize(
    ("around", "quote", "evidence", "html"),
    [
        (Span(0, 10), Span(2, 4), [], "01<mark>23</mark>456789"),
        (Span(0, 10), Span(2, 4), [Span(2, 4)], "01<mark><u>23</u></mark>456789"),
        (Span(0, 10), Span(2, 6), [Span(4, 8)], "01<mark>23</mark><mark><u>45</u></mark><u>67</u>89"),
        (Span(3, 6), Span(3, 6), [Span(0, 10)], "<mark><u>345</u></mark>"),
        (Span(0, 4), Span(0, 2), [Span(8, 9)], "<mark>01</mark>23"),
    ],
)
def test_quote_and_evidence_are_marked_to_the_character(around: Span, quote: Span, evidence: list[Span], html: str) -> None:
    assert marked("0123456789", around, quote, evidence) == html


def test_marking_changes_no_character() -> None:
    text = '<b>&"é🚢</b>'
    page = marked(text, Span(0, len(text)), Span(1, 5), [Span(3, 7)])
    assert page.striptags() == text


def test_plots_of_nothing_and_of_one_thing_are_drawn() -> None:
    assert "No question was answered" in plots.risk_coverage([])
    assert "No question was asked" in plots.score_histogram({True: []}, {False: []})
    assert "Nothing was timed" in plots.latency({})
    assert "<svg" in plots.risk_coverage([Point(1.0, 0.0)])
    assert "<svg" in plots.score_histogram({True: [0.5]}, {})
    assert "<svg" in plots.latency({"answer": [0.0]})
    summary = Summary(f"tag {HOSTILE}", 1, {"right": Value(0.5, Interval(0.0, 1.0), 1)})
    assert "<script" not in plots.scores_by_group([summary])
    assert "<svg" in plots.change(Difference(0.1, 0.2, None), 0.1)


# In a browser


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report that compares with a run in which the first question was wrong and the second right."""
    folder = tmp_path_factory.mktemp("report")
    before = results()
    before[0] = result(before[0].question, cited=[1], hits=[0, 1], evidence=[0])
    before[1] = result(before[1].question, cited=[0, 1], hits=[2, 1], evidence=[1])
    earlier = evaluate([before], RUN)
    write_results(folder / "before", [before])
    write_metrics(folder / "before", earlier)
    write_report(folder / "report.html", evaluate([results()], RUN), read_run(folder / "before"))
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, page_url: str) -> Iterator[Any]:
    """The report, opened; at the end nothing may have run, failed or called out."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: told.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    page.goto(page_url)
    yield page
    assert told == []
    assert page.evaluate("window.owned === undefined")
    page.close()


def shown(page: Any) -> list[str]:
    return [code.inner_text() for code in page.query_selector_all(".question:not([hidden]) code")]


pytest_browser = pytest.mark.browser


@pytest_browser
def test_failures_can_be_told_from_the_rest(page: Any) -> None:
    page.click("#unfold")
    assert shown(page) == ["right", "wrong", "refused", "declined", "invented", "hostile"]
    page.check("[name=show][value=failed]", force=True)
    assert shown(page) == ["wrong", "refused", "invented", "hostile"]
    page.select_option("[name=tag]", "near")
    assert shown(page) == ["invented"]
    assert page.inner_text("#shown") == "1 of 6 questions"
    page.select_option("[name=tag]", "")
    page.check("[name=show][value=flipped]", force=True)
    assert shown(page) == ["right", "wrong"]
    page.check("[name=show][value='']", force=True)
    page.fill("[name=words]", "QUAY")
    assert shown(page) == ["hostile"]


@pytest_browser
def test_a_failure_shows_answer_expectation_reason_and_passage(page: Any) -> None:
    page.click(".question[data-outcome=wrong] > summary")
    body = page.query_selector(".question[data-outcome=wrong]")
    assert body.query_selector(".why").inner_text() == (
        "None of the expected answers stands in it: “42”. The evidence was found at rank 2, but not cited."
    )
    assert body.query_selector(".statement").inner_text() == "The mayor is old. 1"
    assert body.query_selector("blockquote mark").text_content() == "The mayor is old."
    assert [li.inner_text() for li in body.query_selector_all(".expected li")] == ["42", "The quay is long.\nmade-up.txt · found at rank 2, not cited"]


@pytest_browser
def test_a_flipped_question_is_reached_from_the_comparison(page: Any) -> None:
    page.check("[name=show][value=refused]", force=True)
    page.click(".flips a >> nth=0")
    opened = page.query_selector(".question:target")
    assert opened.get_attribute("data-flipped") == "lost"
    assert opened.get_attribute("open") is not None
    assert opened.query_selector(".why").is_visible()


@pytest_browser
def test_one_part_of_the_figures_shows_at_a_time(page: Any) -> None:
    for part in ("retrieval", "citations", "answers"):
        page.check(f"[name=part][value={part}]", force=True)
        assert [each.get_attribute("data-part") for each in page.query_selector_all(".part") if each.is_visible()] == [part]


@pytest_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_its_window_and_reads_in_light_and_dark(page: Any, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.click("#unfold")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(LOW_CONTRAST) == []


LOW_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; }).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (element) => { for (; element; element = element.parentElement) { const c = rgb(getComputedStyle(element).backgroundColor); if (c[3] === 255) return c; } return rgb("white"); };
  const bad = new Set();
  for (const element of document.querySelectorAll("body *:not(script)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(".unseen")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(element.closest("svg") ? style.fill : style.color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) bad.add(element.tagName + "." + element.className + " " + ((a + .05) / (b + .05)).toFixed(2));
  }
  return [...bad];
}"""
"""Text with less contrast than WCAG AA asks of it."""


def test_a_report_is_written_where_there_is_no_folder_yet(tmp_path: Path) -> None:
    write_report(tmp_path / "a" / "b.html", evaluate([results()], RUN))
    assert (tmp_path / "a" / "b.html").read_text().startswith("<!doctype html>")
