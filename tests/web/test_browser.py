"""The page in a browser: asking, reading, adding, keyboard, reload, hostile sources, phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import HOSTILE, Site, chromium_path, make_assistant, running

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
WAIT_MS = 40_000
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


class Reader:
    """A page in a fresh browser profile, and everything it asked for or complained about."""

    def __init__(self, chromium, site: Site, **options: object) -> None:
        self.site = site
        self.context = chromium.new_context(
            **{"viewport": {"width": 1440, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.asked_for: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.open()

    def open(self, fragment: str = "") -> None:
        self.page.goto(self.site.url + fragment)
        self.page.wait_for_selector(".reader-ready", state="attached")

    def ask(self, question: str):
        """Ask and wait for the whole answer; the turn it stands in."""
        index = self.page.locator(".turn").count()
        self.page.fill("#question", question)
        self.page.keyboard.press("Enter")
        turn = self.page.locator(".turn").nth(index)
        turn.locator(".actions, .error").first.wait_for()
        return turn

    @property
    def foreign_requests(self) -> list[str]:
        allowed = (self.site.url, "data:", "blob:")
        return [url for url in self.asked_for if not url.startswith(allowed)]


@pytest.fixture
def reader(chromium: object, site: Site) -> Iterator[Reader]:
    site.assistant.pause_s = 0.0
    site.assistant.asked.clear()
    reader = Reader(chromium, site)
    yield reader
    reader.context.close()
    assert reader.errors == []
    assert reader.foreign_requests == []


def test_first_screen_says_what_the_folder_holds(reader: Reader) -> None:
    expect(reader.page.locator(".holds")).to_contain_text("9 to 15 April 2025")
    reader.page.get_by_role("button", name="How large is the trade deficit?").click()
    expect(reader.page.locator(".turn .question")).to_have_text("How large is the trade deficit?")
    expect(reader.page.locator("#welcome")).to_be_hidden()


def test_nothing_of_gradio_lies_over_the_page(reader: Reader) -> None:
    over = """() => { const found = new Set();
      for (let x = 2; x < innerWidth; x += 25) for (let y = 2; y < innerHeight; y += 9) {
        const each = document.elementFromPoint(x, y);
        if (!each.closest('#reader')) found.add(each.className); }
      return [...found]; }"""
    assert reader.page.evaluate(over) == []


def test_answer_streams_and_nothing_jumps(reader: Reader) -> None:
    page = reader.page
    reader.ask("the moon?")
    reader.site.assistant.pause_s = 1.2
    page.evaluate(
        """() => { window.shifts = [];
        new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
            shifts.push(...entry.sources.map((each) => each.node?.className ?? '?'))
        )).observe({type: 'layout-shift'}); }"""
    )
    page.fill("#question", "What tariffs?")
    page.keyboard.press("Enter")
    turn = page.locator(".turn").nth(1)
    expect(turn.locator(".working")).to_be_visible()
    page.wait_for_timeout(100)
    tops = []
    page.evaluate("() => { window.shifts.length = 0; }")
    for n in range(3):
        turn.locator(".statement").nth(n).wait_for()
        tops.append(turn.locator(".statement").first.bounding_box()["y"])
        page.type("#question", "x")  # the input stays usable
    turn.locator(".actions").wait_for()
    tops.append(turn.locator(".statement").first.bounding_box()["y"])
    assert len(set(tops)) == 1
    assert page.input_value("#question") == "xxx"
    # Only the dots at the end of what has arrived move on.
    assert set(page.evaluate("() => window.shifts")) <= {"working"}


def test_reader_who_scrolled_up_is_left_there(reader: Reader) -> None:
    page = reader.page
    for _ in range(3):
        reader.ask("written?")
    reader.site.assistant.pause_s = 0.4
    page.fill("#question", "What tariffs?")
    page.keyboard.press("Enter")
    page.locator(".turn").nth(3).locator(".statement").first.wait_for()
    page.evaluate("() => { document.querySelector('#scroll').scrollTop = 5; }")
    page.locator(".turn").nth(3).locator(".actions").wait_for()
    assert page.evaluate("() => document.querySelector('#scroll').scrollTop") == 5


def test_citation_opens_its_article_at_the_very_words(reader: Reader) -> None:
    page = reader.page
    turn = reader.ask("What tariffs?")
    for n, title in enumerate(["South Korea braces for tariffs"] * 2 + ["Leaders speak"]):
        pill = turn.locator(".cite").nth(n)
        statement = turn.locator(".statement q").nth(n).text_content()
        pill.click()
        expect(page.locator("#article-title")).to_have_text(title)
        expect(page.locator("#passage")).to_have_text(statement)
        assert page.locator("#passage").text_content() == statement
        expect(page.locator("#passage")).to_be_in_viewport()
        expect(pill).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("way", ["button", "escape", "browser"])
def test_back_returns_to_the_place_in_the_chat(reader: Reader, way: str) -> None:
    page = reader.page
    for _ in range(3):
        reader.ask("What tariffs?")
    page.evaluate("() => { document.querySelector('#scroll').scrollTop = 400; }")
    pill = page.locator(".turn").nth(1).locator(".cite").nth(1)
    before = pill.bounding_box()["y"]
    pill.click()
    expect(page.locator("#passage")).to_be_visible()
    assert abs(pill.bounding_box()["y"] - before) < 40  # the line may break anew
    if way == "button":
        expect(page.get_by_role("button", name="Back to the conversation")).to_be_hidden()  # it lies beside the article
        page.get_by_role("button", name="Close the article").click()
    elif way == "escape":
        page.keyboard.press("Escape")
    else:
        page.go_back()
    expect(page.locator("#article")).to_be_hidden()
    assert abs(pill.bounding_box()["y"] - before) < 2
    expect(pill).to_be_focused()
    assert "#cite" not in page.url


def test_back_after_several_citations_leaves_the_articles_at_once(reader: Reader) -> None:
    turn = reader.ask("What tariffs?")
    for n in range(3):
        turn.locator(".cite").nth(n).click()
        expect(turn.locator(".cite").nth(n)).to_have_attribute("aria-current", "true")
    reader.page.keyboard.press("Escape")
    expect(reader.page.locator("#article")).to_be_hidden()


def test_keyboard_alone_asks_reads_and_returns(reader: Reader) -> None:
    page = reader.page
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("What")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("tariffs?")
    assert page.input_value("#question") == "What\ntariffs?"
    page.keyboard.press("Enter")
    turn = page.locator(".turn")
    turn.locator(".actions").wait_for()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("() => document.activeElement.matches('.cite')"):
            break
    card = page.locator("#card")
    expect(card).to_contain_text("North Wire, 15 April 2025, 20:00")
    expect(card).to_contain_text("The leaders spoke by telephone")
    assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#passage")).to_be_focused()
    page.keyboard.press("Escape")
    expect(turn.locator(".cite").nth(2)).to_be_focused()


def test_hovered_citation_shows_who_when_and_the_words(reader: Reader) -> None:
    turn = reader.ask("What tariffs?")
    turn.locator(".cite").first.hover()
    card = reader.page.locator("#card")
    expect(card).to_contain_text("The Harbour Post, 9 April 2025")
    expect(card).to_contain_text("South Korea faces 25% “reciprocal” tariffs")


def test_conversation_survives_a_reload(reader: Reader) -> None:
    page = reader.page
    reader.ask("What tariffs?")
    reader.ask("Is there life on the moon?")
    before = page.locator("#turns").inner_html()
    reader.open()
    expect(page.locator(".turn")).to_have_count(2)
    assert page.locator("#turns").inner_html() == before
    page.locator(".cite").first.click()
    expect(page.locator("#passage")).to_have_text(re.compile("^South Korea faces 25%"))
    reader.ask("And cars?")
    assert [turn.question for turn in reader.site.assistant.asked[-1][1]] == [
        "What tariffs?",
        "Is there life on the moon?",
    ]
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()


def test_address_of_a_passage_opens_it(reader: Reader) -> None:
    document = reader.site.assistant.named("northwire.txt")
    reader.open(f"#cite-{document.id}-0-15")
    expect(reader.page.locator("#passage")).to_have_text("# Leaders speak")


def test_disagreement_is_a_table(reader: Reader) -> None:
    turn = reader.ask("How large is the deficit?")
    rows = turn.locator(".disagreement tbody tr")
    assert [row.locator("th, td").all_inner_texts() for row in rows.all()] == [
        ["$55.7 billion", "The Harbour Post", "9 April 2025", "1"],
        ["$66 billion", "North Wire", "15 April 2025", "2"],
    ]
    rows.nth(1).locator(".cite").click()
    expect(reader.page.locator("#passage")).to_have_text(re.compile(r"\$66 billion\.$"))


def test_disagreement_stays_in_its_column_beside_an_open_article(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 1280, "height": 860})
    turn = reader.ask("How large is the deficit?")
    turn.locator(".disagreement .cite").first.click()
    expect(reader.page.locator("#passage")).to_be_visible()
    turn.locator("tbody td:nth-child(3)").first.evaluate("cell => cell.textContent = '16 September 2024'")
    turn.locator("tbody th").first.evaluate("cell => cell.textContent = 'September 2020'")
    right = "element => element.getBoundingClientRect().right"
    assert turn.locator(".disagreement").evaluate(right) <= turn.evaluate(right)


def test_declined_question_offers_the_nearest_passages(reader: Reader) -> None:
    turn = reader.ask("Is there life on the moon?")
    expect(turn.locator(".declined h3")).to_have_text("Not in your sources")
    link = turn.locator(".declined .passage").first
    words = link.locator(".excerpt").text_content()
    link.click()
    assert reader.page.locator("#passage").text_content() == words


def test_answer_can_be_stopped_and_the_next_one_asked(reader: Reader) -> None:
    reader.site.assistant.pause_s = 2.0
    page = reader.page
    page.fill("#question", "What tariffs?")
    page.keyboard.press("Enter")
    page.locator(".statement").first.wait_for()
    page.fill("#question", "too soon")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("An answer is on its way.")
    page.get_by_role("button", name="Stop this answer").click()
    expect(page.locator(".notice")).to_have_text("Stopped before the answer was whole.")
    reader.site.assistant.pause_s = 0.0
    page.locator("#question").press("Enter")
    expect(page.locator(".question").nth(1)).to_have_text("too soon")


def test_answer_left_by_a_reload_is_kept_as_far_as_it_came(reader: Reader) -> None:
    reader.site.assistant.pause_s = 0.7
    reader.page.fill("#question", "What tariffs?")
    reader.page.keyboard.press("Enter")
    reader.page.locator(".statement").first.wait_for()
    reader.open()
    reader.page.wait_for_timeout(2_500)
    reader.open()
    expect(reader.page.locator(".question")).to_have_text("What tariffs?")
    assert reader.page.locator(".statement").count() >= 1


def test_errors_are_one_line_and_the_chat_goes_on(reader: Reader) -> None:
    page = reader.page
    turn = reader.ask("please fail")
    expect(turn.locator(".error")).to_contain_text("cnn.txt cannot be read: permission denied.")
    expect(reader.ask("please crash").locator(".error")).to_contain_text("Something went wrong")
    page.fill("#question", "a" * 2_001)
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("this one has 2,001")
    expect(reader.ask("What tariffs?").locator(".statement")).to_have_count(3)


def test_thumb_is_kept_and_told(reader: Reader) -> None:
    pytest.importorskip("assistant.wire")
    reader.ask("What tariffs?")
    thumb = reader.page.get_by_role("button", name="Good answer")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    record = reader.site.assistant.verdicts[-1]
    assert (record["question"], record["verdict"]) == ("What tariffs?", "up")
    reader.open()
    expect(thumb).to_have_attribute("aria-pressed", "true")


def test_copy_takes_the_footnotes_along(reader: Reader) -> None:
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.ask("What tariffs?")
    reader.page.get_by_role("button", name="Copy with footnotes").click()
    expect(reader.page.locator("#said")).to_have_text("Copied with footnotes")
    copied = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith("[3] North Wire, “Leaders speak”, 15 April 2025, 20:00, northwire.txt, line 3.")


def test_how_it_was_made_stays_open_while_the_next_answer_streams(reader: Reader) -> None:
    turn = reader.ask("What tariffs?")
    expect(turn.locator(".made dl")).to_be_hidden()
    turn.locator(".made summary").click()
    expect(turn.locator(".made dl")).to_contain_text("no language model")
    expect(turn.locator(".made .passages li").first).to_be_visible()
    reader.ask("the moon?")
    expect(turn.locator(".made dl")).to_be_visible()


def files(*names: str, size: int = 40) -> list[dict[str, object]]:
    return [{"name": n, "mimeType": "text/plain", "buffer": (n * size).encode()} for n in names]


def test_uploaded_files_are_listed_and_troubles_told(reader: Reader) -> None:
    page = reader.page
    big = {"name": "big.txt", "mimeType": "text/plain", "buffer": b"x" * 2_000_000}
    page.set_input_files("#files", [*files("upload one.txt", "photo.xyz"), big])
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()
    rows = page.locator(".report tbody tr").all_inner_texts()
    assert rows[0] == "big.txt\nNot added: 2 MB, and this page takes files of up to 1 MB." or "photo.xyz" in rows[0]
    assert sorted(row.split(":")[0] for row in rows) == ["big.txt\nNot added", "photo.xyz\nNot added", "upload one.txt\nAdded"]
    expect(page.locator(".source-list")).to_contain_text("upload one.txt")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".report")).to_have_count(0)
    page.set_input_files("#files", files("upload one.txt"))
    expect(page.locator(".report tbody tr")).to_contain_text("Already there, unchanged")
    expect(reader.ask("What tariffs?").locator(".statement")).to_have_count(3)
    page.get_by_role("button", name="Close", exact=True).click()


def test_dropped_file_is_added_with_progress(reader: Reader) -> None:
    page = reader.page
    reader.site.assistant.pause_s = 1.5
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.items.add(new File(['dropped text'], 'dropped.md', {type: 'text/markdown'}));
        const send = (type) => document.body.dispatchEvent(
            new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
        send('dragenter'); window.sawDrop = !document.querySelector('#dropping').hidden;
        send('drop'); }"""
    )
    assert page.evaluate("() => window.sawDrop")
    expect(page.locator(".upload .reading")).to_contain_text("dropped.md")
    expect(page.locator(".upload progress")).to_be_visible()
    expect(page.locator(".report .added")).to_contain_text("dropped.md")
    expect(page.locator(".source-list")).to_contain_text("dropped.md")
    page.get_by_role("button", name="Close", exact=True).click()


def test_filters_restrict_answers_and_are_told(reader: Reader) -> None:
    page = reader.page
    page.fill("#filter", "leaders")
    expect(page.locator(".source-list li")).to_have_count(1)
    page.get_by_role("checkbox", name="Answer only from Leaders speak").check()
    page.locator("#narrow summary").click()
    page.get_by_label("North Wire", exact=True).check()
    page.fill("#since", "2025-04-01")
    turn = reader.ask("What tariffs?")
    filters = reader.site.assistant.asked[-1][2]
    assert (filters.sources, filters.publishers) == (("northwire.txt",), ("North Wire",))
    assert (filters.since, filters.until) == ("2025-04-01", None)
    scope = "Only from North Wire, Leaders speak; from 1 April 2025"
    expect(turn.locator(".narrowing")).to_have_text(scope)
    expect(turn.locator(".understood")).to_have_text("Understood as: What tariffs? South Korea")
    reader.open()
    expect(page.locator("#scope span")).to_have_text("Answers only from: North Wire, Leaders speak, from 1 April 2025")
    page.get_by_role("button", name="Use all sources").click()
    expect(page.get_by_role("checkbox", name="Answer only from Leaders speak")).not_to_be_checked()
    reader.ask("What tariffs?")
    assert reader.site.assistant.asked[-1][2].sources == ()


def test_declined_narrowed_question_is_asked_of_all_sources(reader: Reader) -> None:
    page = reader.page
    tick = page.get_by_role("checkbox", name="Answer only from Leaders speak")
    tick.check()
    turn = reader.ask("Is there life on the moon?")
    expect(turn.locator(".declined h3")).to_have_text("Not in the source you ticked")
    turn.get_by_role("button", name="Ask all sources").click()
    expect(page.locator(".turn").nth(1).locator(".declined h3")).to_have_text("Not in your sources")
    expect(tick).not_to_be_checked()
    assert [filters.sources for _, _, filters in reader.site.assistant.asked] == [("northwire.txt",), ()]
    tick.check()
    page.get_by_role("button", name="New conversation").click()
    expect(tick).not_to_be_checked()
    expect(page.locator("#scope")).to_be_hidden()
    reader.ask("What tariffs?")
    assert reader.site.assistant.asked[-1][2].sources == ()


def test_title_of_the_open_article_stays_in_view(reader: Reader) -> None:
    page = reader.page
    reader.ask("What tariffs?").locator(".cite").first.click()
    expect(page.locator("#passage")).to_be_in_viewport()
    name = page.locator("#article-running")
    expect(name).to_have_text("")  # the title itself is in view
    page.locator("#article-scroll").evaluate("(each) => { each.scrollTop = each.scrollHeight; }")
    expect(name).to_have_text("South Korea braces for tariffs")
    page.locator("#article-scroll").evaluate("(each) => { each.scrollTop = 0; }")
    expect(name).to_have_text("")


def test_question_to_a_stopped_server_is_kept_and_the_way_out_told(chromium: object, tmp_path: Path) -> None:
    with running(make_assistant(tmp_path / "gone")) as gone:
        reader = Reader(chromium, gone)
    page = reader.page
    page.fill("#question", "What tariffs?")
    page.keyboard.press("Enter")
    # Well before the 10 seconds after which any silence is told.
    expect(page.locator("#question")).to_have_value("What tariffs?", timeout=5_000)
    expect(page.locator("#problem")).to_contain_text("Start it again in a terminal with: assistant chat")
    expect(page.locator("#send")).to_have_attribute("aria-label", "Send the question")
    page.wait_for_timeout(300)
    assert page.get_by_text("Connection to the server was lost").is_visible() is False
    reader.context.close()


def test_answer_broken_off_by_the_end_of_the_server_gives_the_question_back(chromium: object, tmp_path: Path) -> None:
    assistant = make_assistant(tmp_path / "gone")
    assistant.pause_s = 2.0
    with running(assistant) as gone:
        reader = Reader(chromium, gone)
        page = reader.page
        page.fill("#question", "What tariffs?")
        page.keyboard.press("Enter")
        expect(page.locator(".working")).to_be_visible()
    expect(page.locator("#question")).to_have_value("What tariffs?")
    expect(page.locator("#problem")).to_contain_text("does not answer")
    expect(page.locator("#send")).to_have_attribute("aria-label", "Send the question")
    expect(page.locator(".working")).to_have_count(0)
    reader.context.close()


def test_hostile_source_does_nothing(reader: Reader) -> None:
    page = reader.page
    document = reader.site.assistant.named("hostile.md")
    reader.ask("Is there life on the moon?")  # shows its passage, title and publisher
    reader.ask("<img src=http://127.0.0.1:9/q.png onerror='window.owned=true'>moon ${owned=1}")
    page.locator(f'.source-list a[href="#doc-{document.id}"]').first.click()
    expect(page.locator(".article-text")).to_have_text(HOSTILE)
    assert page.locator(".article-text").text_content() == HOSTILE
    assert page.locator("#reader :is(script, form, img, iframe)").count() == 0
    assert page.locator('#article a[href^="javascript"]').count() == 0
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.owned") is None
    assert reader.foreign_requests == []


def test_document_that_changed_is_told(reader: Reader) -> None:
    assistant = reader.site.assistant
    turn = reader.ask("What tariffs?")
    document = assistant.named("northwire.txt")
    del assistant.by_id[document.id]
    try:
        turn.locator(".cite").nth(2).click()
        expect(reader.page.locator("#article-title")).to_contain_text("changed or is gone")
        expect(reader.page.locator("#article-body q")).to_contain_text("The leaders spoke")
    finally:
        assistant.hold(document)


@pytest.mark.parametrize("width", [1440, 1100, 1024, 900, 500])
@pytest.mark.parametrize("folded", [False, True])
def test_regions_share_every_width(chromium: object, site: Site, width: int, folded: bool) -> None:
    site.assistant.pause_s = 0.0
    reader = Reader(chromium, site, viewport={"width": width, "height": 700})
    page = reader.page
    if folded and width >= 1000:
        page.get_by_role("button", name="Hide sources").click()
    turn = reader.ask("What tariffs?")
    box = page.locator(".chat").bounding_box()
    assert box["x"] + box["width"] == width
    assert box["x"] == (320 if width >= 1000 and not folded else 0)
    turn.locator(".cite").first.click()
    expect(page.locator("#passage")).to_be_in_viewport(ratio=1)
    page.wait_for_timeout(300)
    box = page.locator("#article").bounding_box()
    assert box["x"] + box["width"] == pytest.approx(width)
    if width >= 760:
        chat = page.locator(".chat").bounding_box()
        assert chat["x"] + chat["width"] == pytest.approx(box["x"])
        assert chat["width"] > 400
    reader.context.close()


def test_lost_server_is_told_and_the_question_kept(reader: Reader) -> None:
    page = reader.page
    page.route("**/gradio_api/queue/join*", lambda route: route.abort())
    page.route("**/gradio_api/app_id*", lambda route: route.abort())  # else it is found again, and the page reloaded, at once
    page.clock.install()
    page.fill("#question", "What tariffs?")
    page.keyboard.press("Enter")
    page.clock.fast_forward(11_000)
    expect(page.locator("#problem")).to_contain_text("does not answer")
    # Gradio reloads the page when the server answers again; the draft outlives that.
    expect(page.locator("#question")).to_have_value("What tariffs?")
    expect(page.locator("#send")).to_have_attribute("aria-label", "Send the question")


def test_page_opens_after_one_of_another_server_in_the_same_browser(
    chromium: object, site: Site, tmp_path: Path
) -> None:
    with running(make_assistant(tmp_path / "other")) as other:
        reader = Reader(chromium, other)
        reader.page.goto(site.url)
        reader.page.wait_for_selector(".reader-ready", state="attached")
        reader.context.close()


def test_phone_shows_one_column_and_the_article_over_it(chromium: object, site: Site) -> None:
    site.assistant.pause_s = 0.0
    phone = {"width": 390, "height": 844}
    reader = Reader(chromium, site, viewport=phone, has_touch=True, is_mobile=True)
    page = reader.page
    expect(page.locator("#sources")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 500})
    reader.ask("What tariffs?")
    turn = reader.ask("How large is the deficit?")
    assert turn.bounding_box()["height"] > page.locator("#scroll").bounding_box()["height"]
    top = page.locator("#scroll").bounding_box()["y"]
    expect(turn.locator(".question")).to_be_in_viewport(ratio=1)
    assert turn.bounding_box()["y"] == pytest.approx(top, abs=1)
    made, copy = (turn.locator(each).bounding_box() for each in (".made summary", '[data-do="copy"]'))
    assert made["y"] + made["height"] / 2 == pytest.approx(copy["y"] + copy["height"] / 2, abs=1)
    page.set_viewport_size(phone)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.evaluate("() => { const s = document.querySelector('#scroll');"
                         "return s.scrollWidth - s.clientWidth; }") == 0  # fmt: skip
    turn.locator(".cite").first.tap()
    expect(page.locator("#passage")).to_be_in_viewport()
    page.wait_for_timeout(400)
    assert page.locator("#article").bounding_box() == {"x": 0, "y": 0, **phone}
    page.get_by_role("button", name="Back to the conversation").tap()
    expect(page.locator("#article")).to_be_hidden()
    page.get_by_role("button", name="Show sources").tap()
    expect(page.locator("#sources")).to_be_visible()
    reader.context.close()
    assert reader.errors == []
    assert reader.foreign_requests == []


NAMELESS = """() => [...document.querySelectorAll(
    '#reader :is(button, a, input, select, textarea, summary, progress, [role=region])')]
  .filter((each) => each.getClientRects().length)
  .filter((each) => !(each.getAttribute('aria-label') || each.textContent.trim() ||
    each.labels?.[0]?.textContent.trim()))
  .map((each) => each.outerHTML.slice(0, 120))"""

# WCAG 2.2: relative luminance and contrast of every piece of visible text with its background.
POOR_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (each) => { for (; each; each = each.parentElement) {
    const color = rgba(getComputedStyle(each).backgroundColor); if (color[3] > 250) return color; }
    return [255, 255, 255]; };
  const walk = document.createTreeWalker(document.querySelector('#reader'), NodeFilter.SHOW_TEXT);
  const poor = new Set();
  while (walk.nextNode()) {
    const each = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !each.getClientRects().length) continue;
    if (each.closest('.unseen, option')) continue;
    const one = light(rgba(getComputedStyle(each).color)), two = light(behind(each));
    const ratio = (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
    if (ratio < 4.5) poor.add([each.className, ratio.toFixed(2), walk.currentNode.data].join(' '));
  }
  return [...poor];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_have_names_and_text_has_contrast(
    chromium: object, site: Site, scheme: str
) -> None:
    site.assistant.pause_s = 0.0
    reader = Reader(chromium, site, color_scheme=scheme)
    page = reader.page
    for question in ("What tariffs?", "deficit?", "moon?", "written?", "please fail"):
        reader.ask(question)
    page.locator(".made summary").nth(1).click()
    page.set_input_files("#files", files("photo.xyz", f"{scheme}.txt"))
    page.get_by_role("button", name="Close", exact=True).wait_for()
    page.locator(".more summary").first.click()
    page.locator(".cite").first.click()
    expect(page.locator("#passage")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(POOR_CONTRAST) == []
    reader.context.close()
