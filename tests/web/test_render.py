"""What the pure functions make of answers and documents: quotes to the character, all escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dates import in_words, range_in_words
from assistant.folder import Failure
from assistant.managing import Removed
from assistant.records import DocumentSummary, Overview
from assistant.scanning import ScanReport
from assistant.types import (
    Abstained,
    AbstainReason,
    Answer,
    Citation,
    Claim,
    Disagreement,
    Document,
    Hit,
    Passage,
    Span,
    Statement,
    Support,
)
from assistant.watching import Watched
from assistant.web import panel, render
from assistant.web.batches import Batch, Row, State
from assistant.web.conversations import Exchange
from assistant.web.marking import highlighted
from assistant.web.templating import parts, safe_url
from tests.web.fake import document_of

# NUL cannot be written in HTML at all, and lone surrogates not in UTF-8.
TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("<>&\"'`${}\r\n\t 🚢👩‍👩‍👧\u202e\u0627\u05d0"),
    ),
    min_size=1,
    max_size=80,
)
NASTY = "\"><script>alert(1)</script>'&lt;${x}{{y}}`"


class _Reader(HTMLParser):
    """The tags of some HTML, its text, and the text inside `mark`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.marked = ""
        self._open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)
        self._open += tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if self._open else ""


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, Span]:
    text = draw(TEXT)
    start = draw(st.integers(0, len(text) - 1))
    return text, Span(start, draw(st.integers(start + 1, len(text))))


@given(texts_with_spans())
def test_highlighted_text_equals_the_quote(case: tuple[str, Span]) -> None:
    text, span = case
    page = read(str(highlighted(text, span)))
    assert page.marked == text[span.start : span.end]
    assert page.text == text
    assert page.tags == ["mark"]


@given(texts_with_spans())
def test_article_marks_the_span_and_adds_no_tag_of_the_text(case: tuple[str, Span]) -> None:
    text, span = case
    page = read(render.article(document_of("a.txt", text, title=text), span))
    assert page.marked == text[span.start : span.end]
    assert set(page.tags) <= {"header", "p", "span", "h2", "div", "mark", "a", "time"}


@pytest.mark.parametrize("span", [Span(0, 0), Span(5, 2), Span(-1, 3), Span(0, 99)])
def test_span_outside_the_text_marks_nothing(span: Span) -> None:
    page = read(render.article(document_of("a.txt", "Ten chars."), span))
    assert "mark" not in page.tags
    assert page.text.endswith("Ten chars.")


def test_very_long_document_is_cut_around_the_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "WINDOW", 10)
    text = "a" * 100 + "QUOTE" + "b" * 100
    page = read(render.article(document_of("a.txt", text), Span(100, 105)))
    assert page.marked == "QUOTE"
    assert page.text.rstrip().endswith("a" * 10 + "QUOTE" + "b" * 10)


ARTICLE = """\
---
title: Ferries
---

# Ferries

The *first* leaves at nine.

```
# no heading
```

## Prices ##
#no heading
"""


@given(st.data())
def test_markdown_is_set_off_and_stays_verbatim(data: st.DataObject) -> None:
    text = data.draw(st.lists(st.sampled_from([*ARTICLE.splitlines(keepends=True), "\r", "# \n", "~~~\n"]), min_size=1).map("".join) | st.just(ARTICLE))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    page = read(render.article(document_of("a.md", text), Span(start, end)))
    assert page.marked == text[start:end]
    assert page.text.rstrip("\n").endswith(text.rstrip("\n"))
    assert set(page.tags) <= {"header", "p", "span", "h2", "div", "mark", "details", "summary"}


def test_front_matter_is_folded_away_and_headings_are_set_off() -> None:
    html = render.article(document_of("a.md", ARTICLE), None)
    [front] = re.findall(r'<details class="front">(.*?)</details>', html, re.DOTALL)
    assert front == '<summary aria-label="Front matter"></summary>---\ntitle: Ferries\n---\n'
    assert re.findall(r'<span class="sign">(.*?)</span><span class="heading">(.*?)</span>', html) == [("# ", "Ferries"), ("## ", "Prices ##")]
    plain = render.article(document_of("a.txt", ARTICLE), None)
    assert ('class="front"' in plain, 'class="heading"' in plain) == (True, False)
    assert 'class="front"' not in render.article(document_of("a.md", ARTICLE), Span(4, 9))  # the words opened are never hidden
    assert 'class="front"' not in render.article(document_of("a.html", ARTICLE), None)


def test_question_is_shown_as_it_was_understood() -> None:
    answer = Answer("And Japan?", "What tariff does Japan face?", reworded=True)
    for done in (False, True):
        assert "Understood as: What tariff does Japan face?" in read(render.turn(Exchange("And Japan?", answer), 0, done=done)).text
    assert "Understood" not in render.turn(Exchange("Q?", Answer("Q?", "Q?")), 0)
    assert "Understood" not in render.turn(Exchange("The harbuor?", Answer("The harbuor?", "The harbour?")), 0)  # a notice tells of slips


def test_declined_question_says_once_where_the_answer_is_not() -> None:
    plain = Abstained(AbstainReason.NOT_IN_SOURCES, "The sources do not answer this.")
    told = {
        narrowed: read(render.turn(Exchange("Q?", Answer("Q?", "Q?", abstained=plain), narrowed=narrowed), 0)).text
        for narrowed in (None, "the source you ticked", "sources of these dates")
    }
    said = {narrowed: re.findall(r"Not in .*|The sources do not.*|Ask all.*", text) for narrowed, text in told.items()}
    assert said == {
        None: ["Not in your sources"], "the source you ticked": ["Not in the source you ticked", "Ask all sources"],
        "sources of these dates": ["Not in sources of these dates", "Ask all sources"],
    }  # fmt: skip
    filtered = Abstained(AbstainReason.FILTERED, "No document was published on 1 May 2025 or later.")
    text = read(render.turn(Exchange("Q?", Answer("Q?", "Q?", abstained=filtered), narrowed="sources of these dates"), 0)).text
    assert "Nothing to look through" in text
    assert "No document was published on 1 May 2025 or later." in text
    assert "Ask all sources" in text


def test_nearest_passage_names_its_article() -> None:
    document = Document("a" * 16, "a.md", "Words.", "Ferries run again", "Post")
    answer = Answer("Q?", "Q?", hits=(Hit(Passage("a" * 16, 0, 6, "Words."), document, 1.0, 1),),
                    abstained=Abstained(AbstainReason.NOT_IN_SOURCES, "No."))  # fmt: skip
    html = render.turn(Exchange("Q?", answer), 0)
    assert html.count('<cite dir="auto">Ferries run again</cite>') == 2  # there, and among the passages looked at


def test_disagreement_repeats_the_question_and_breaks_within_no_value() -> None:
    disagreement = Disagreement("Who leads it", (Claim("Ahn Duk-geun", 1), Claim("10 percent", 1)))
    page = render.turn(Exchange("Q?", Answer("Who leads it?", "Who leads it?", (), (citation(),), (disagreement,))), 0)
    assert "<caption>Your sources disagree: Who leads it?</caption>" in page
    assert re.findall(r'<th scope="row" class="whole">(.*)</th><td>', page) == [
        '<span class="whole">Ahn</span> <span class="whole">Duk-geun</span>', '<span class="whole">10 percent</span>',
    ]  # fmt: skip
    assert parts("some 25 per cent of all exports") == ["some", "25 per", "cent", "of", "all", "exports"]
    other = Disagreement("the trade balance", (Claim("1", 1),))
    assert "disagree: the trade balance</caption>" in render.turn(Exchange("Q?", Answer("Q?", "Q?", (), (citation(),), (other,))), 0)


def test_reports_fold_what_is_long_and_close_together() -> None:
    done = Batch("a", [Row(f"{n}.txt", State.ADDED) for n in range(10)])
    asking = Batch("b", [Row(f"{n}.txt", State.TAKEN) for n in range(8)])
    html = panel.uploads([asking, done])
    assert re.findall(r'data-upload="(\w)"|(\d+ more)<', html) == [("b", ""), ("a", ""), ("", "4 more")]
    assert "Close all" not in html
    assert "Close all" in panel.uploads([asking, done, Batch("c", [Row("x.txt", State.FAILED)])])


def citation(number: int = 1, **more: object) -> Citation:
    facts: dict[str, object] = {
        "number": number,
        "document_id": f"{number:016x}",
        "source": f"{number}.txt",
        "start": 3,
        "end": 8,
        "quote": "words",
        "line": 1,
        "publisher": f"Publisher {number}",
        "published": "2025-04-09",
    }
    return Citation(**{**facts, **more})  # type: ignore[arg-type]


def test_citation_links_to_document_and_span() -> None:
    answer = Answer("Q?", "Q?", (Statement("words", (1,)),), (citation(),))
    page = read(render.turn(Exchange("Q?", answer), 0))
    assert ("href", "#cite-0000000000000001-3-8") in page.attributes


def test_citation_without_its_record_is_left_out() -> None:
    answer = Answer("Q?", "Q?", (Statement("words", (1, 7)),), (citation(),))
    assert render.turn(Exchange("Q?", answer), 0).count('class="cite"') == 1


def test_quotes_of_one_document_stand_together() -> None:
    statements = (
        Statement("a", (1,)),
        Statement("b", (2,)),
        Statement("c", (3,)),
        Statement("d", (3,), Support.SUPPORTED),
    )
    same = "f" * 16
    citations = (citation(1, document_id=same), citation(2, document_id=same), citation(3))
    groups = render.statement_groups(Answer("Q?", "Q?", statements, citations))
    assert [([each.text for each in group.statements], group.quoted) for group in groups] == [
        (["a", "b"], True),
        (["c"], True),
        (["d"], False),
    ]


def test_nothing_of_sources_or_answers_reaches_the_page_unescaped() -> None:
    nasty = citation(
        document_id="a" * 16, source=NASTY, quote=NASTY, title=NASTY, publisher=NASTY,
        published=NASTY, url="javascript:alert(1)",
    )  # fmt: skip
    document = Document("a" * 16, NASTY, NASTY, NASTY, NASTY, NASTY, NASTY, "javascript:alert(1)")
    answer = Answer(
        NASTY,
        NASTY + "2",
        statements=(Statement(NASTY, (1,)), Statement(NASTY, (1,), Support.PARTLY)),
        citations=(nasty,),
        disagreements=(Disagreement(NASTY, (Claim(NASTY, 1),)),),
        hits=(Hit(Passage("a" * 16, 0, 5, NASTY), document, 1.0, 1),),
        abstained=Abstained(AbstainReason.NOT_IN_SOURCES, NASTY),
        answer=NASTY,
        notices=(NASTY,),
        answerer=NASTY,
        model=NASTY,
        timings_ms={NASTY: 1.0},
    )
    summary = DocumentSummary("a" * 16, NASTY, NASTY, NASTY, NASTY, NASTY, "javascript:alert(1)", 1, warnings=(NASTY,), fetched=NASTY)
    other = DocumentSummary("b" * 16, "b.txt", None, "Other", None, None, None, 1)
    pages = [
        render.turn(Exchange(NASTY, answer, error=NASTY, scope=NASTY), 0),
        render.turn(Exchange(NASTY, answer), 0, done=False),
        render.article(document, Span(0, 5)),
        render.missing_article(quote=NASTY, who=NASTY, current=None),
        render.welcome(Overview(1, 1, (NASTY,), NASTY, NASTY), [NASTY]),
        panel.sources([summary, other], ticked=[NASTY], added={NASTY: NASTY}, superseded={NASTY: NASTY}),
        panel.publishers([summary, other], ticked=[NASTY]),
        panel.aside(failed=[Failure(NASTY, NASTY)], removed=[(NASTY, Removed(NASTY, Path(NASTY), NASTY))]),
        panel.edit_form(summary, corrected=["title"]),
        panel.uploads([Batch(NASTY, [Row(NASTY, state, NASTY) for state in State], working=NASTY)]),
        panel.folder(Watched(total=1, what=NASTY)),
        panel.folder(Watched(trouble=NASTY, vanished=True)),
        render.trouble(NASTY),
    ]
    for html in pages:
        page = read(html)
        assert "script" not in page.tags
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert not [value for _, value in page.attributes if value.startswith("javascript:")]
        assert NASTY in page.text or NASTY in [value for _, value in page.attributes]


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.org", None),
        ("https:", None),
        ("http://[broken", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(url: str | None, safe: str | None) -> None:
    assert safe_url(url) == safe


def test_what_may_still_change_waits_until_the_answer_is_whole() -> None:
    disagreement = Disagreement("x", (Claim("1", 1), Claim("2", 1)))
    answer = Answer(
        "Q?", "Q?", (Statement("words", (1,)),), (citation(),), (disagreement,), notices=("Note.",)
    )
    growing = render.turn(Exchange("Q?", answer), 0, done=False)
    whole = render.turn(Exchange("Q?", answer), 0)
    assert ("disagreement" in growing, "Note." in growing, "actions" in growing) == (False,) * 3
    assert ("disagreement" in whole, "Note." in whole, "actions" in whole) == (True,) * 3
    assert whole.startswith(growing[: growing.index('<p class="working">')].rstrip())


def test_short_answer_is_marked_once() -> None:
    statements = (Statement("None here.", ()), Statement("It is 25%.", ()), Statement("25%!", ()))
    answer = Answer("Q?", "Q?", statements, answer="25%")
    found = re.findall(r'<b class="short">(.*?)</b>', render.turn(Exchange("Q?", answer), 0))
    assert found == ["25%"]


def test_copied_answer_carries_its_footnotes() -> None:
    answer = Answer(
        "Which tariff?",
        "Which tariff?",
        (Statement("It is 25%.", (1,)), Statement("Cars too.", (2,))),
        (citation(1, title="Tariffs"), citation(2, url="https://example.org/2", published=None)),
    )
    assert render.footnoted(answer) == (
        "Which tariff?\n\nIt is 25%. [1] Cars too. [2]\n\n"
        "[1] Publisher 1, “Tariffs”, 9 April 2025, 1.txt, line 1.\n"
        "[2] Publisher 2, https://example.org/2."
    )


def test_copied_answer_says_what_is_not_borne_out_and_where_sources_differ() -> None:
    statements = (
        Statement("It is $66 billion.", (1,), Support.SUPPORTED),
        Statement("Some say it fell.", (2,), Support.PARTLY, ("“fell” does not stand there",)),
        Statement("Seoul sent 900 troops.", (), Support.UNSUPPORTED),
    )
    sides = (Claim("$66 billion", 1), Claim("$55.7 billion", 2))
    answer = Answer("How large is it?", "How large is it?", statements, (citation(1), citation(2)), (Disagreement("How large is it", sides),))
    assert render.footnoted(answer) == (
        "How large is it?\n\n"
        "It is $66 billion. [1] Some say it fell. [2] (only partly borne out) Seoul sent 900 troops. (not borne out by the sources)\n\n"
        "The sources differ (How large is it?): $66 billion [1]; $55.7 billion [2].\n\n"
        "[1] Publisher 1, 9 April 2025, 1.txt, line 1.\n[2] Publisher 2, 9 April 2025, 2.txt, line 1."
    )


@pytest.mark.parametrize(
    ("short", "texts", "marked"),
    [
        ("10", ("In 2010, 10 ships came.",), ["In 2010, <b>10</b> ships came."]),
        ("10", ("It rose by 10.5 in 2010.", "Some 10 ships came."), ["It rose by 10.5 in 2010.", "Some <b>10</b> ships came."]),
        ("5.2%", ("It was 15.2%, then 5.2%.",), ["It was 15.2%, then <b>5.2%</b>."]),
        ("reopen", ("It was reopened.",), ["It was <b>reopen</b>ed."]),
        ("$10", ("It cost US$10.",), ["It cost US<b>$10</b>."]),
        ("12", ("It opened in May.",), ["It opened in May."]),
    ],
)
def test_short_answer_is_marked_where_it_stands_as_a_word(short: str, texts: tuple[str, ...], marked: list[str]) -> None:
    answer = Answer("Q?", "Q?", tuple(Statement(text, ()) for text in texts), answer=short)
    assert [str(render.emphasised(each, answer)).replace(' class="short"', "") for each in answer.statements] == marked


def test_a_page_is_named_in_pill_article_and_footnote() -> None:
    statements = (Statement("It is 25%.", (1,)), Statement("Cars too.", (2,)))
    cited = (citation(1, page=3), citation(2, page=7, url="https://example.org/2"))
    answer = Answer("Q?", "Q?", statements, cited)
    page = render.turn(Exchange("Q?", answer), 0)
    assert re.findall(r'data-page="(\d+)"', page) == ["3", "7"]
    assert "Publisher 1, 9 April 2025, page 3: open the passage" in page
    assert render.footnoted(answer).splitlines()[-2:] == [
        "[1] Publisher 1, 9 April 2025, 1.txt, p. 3.", "[2] Publisher 2, 9 April 2025, p. 7, https://example.org/2.",
    ]  # fmt: skip
    document = Document("d" * 16, "a.pdf", "First page. Second page.", pages=(0, 12))
    assert '<p class="where">a.pdf, p. 2</p>' in render.article(document, Span(12, 18))
    assert 'data-page' not in render.turn(Exchange("Q?", Answer("Q?", "Q?", statements[:1], (citation(1),))), 0)


def test_a_source_without_pages_and_lines_of_its_own_is_named_alone() -> None:
    answer = Answer("Q?", "Q?", (Statement("It is 25%.", (1,)),), (citation(1, source="1.csv", line=None),))
    assert render.footnoted(answer).splitlines()[-1] == "[1] Publisher 1, 9 April 2025, 1.csv."
    document = Document("d" * 16, "a.html", "First line.\nSecond line.")
    assert '<p class="where">a.html</p>' in render.article(document, Span(12, 18))


def test_listed_source_says_what_is_known_and_nothing_else() -> None:
    bare = DocumentSummary("a" * 16, "deep/notes.txt", None, None, None, None, None, 1)
    full = DocumentSummary("b" * 16, "x/a.html", "Ferries", "Post", "A. Writer", "2025-04-09", "https://www.example.org/f", 12,
                   warnings=("Page 1 is a scan.",), fetched="2025-05-01")  # fmt: skip
    shown = [re.sub(r"\s+", " ", read(f"<p>{item}").text).strip() for item in panel.sources([bare, full]).split("<li>")[1:]]
    assert shown[0].startswith("notes.txt1 passage, deep/notes.txt In deep/notes.txt ")
    assert "None" not in shown[0]
    for part in ("Ferries", "Post, 9 April 2025", "12 passages, example.org", "1 warning", "Page 1 is a scan.", "In x/a.html; by A. Writer",
                 "https://www.example.org/f, fetched 1 May 2025"):  # fmt: skip
        assert part in shown[1]


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (ScanReport(("a/new.txt",)), "In the folder: new.txt added."),
        (ScanReport(("a", "b"), ("c",), ("d", "e")), "In the folder: 2 documents added, c changed, 2 documents removed."),
        (ScanReport(failed=(Failure("a", "b"),)), "In the folder: 1 file could not be read."),
        (ScanReport(unchanged=3), "In the folder: nothing new, 3 documents unchanged."),
    ],
)
def test_what_happened_in_the_folder_is_a_short_sentence(scan: ScanReport, words: str) -> None:
    assert panel.news(scan) == words


def test_command_is_not_told_where_there_is_a_button() -> None:
    answer = Answer("Q?", "Q?", notices=("The index is behind the folder (30 files have changed). Run: assistant sync",), stale=True)
    page = render.turn(Exchange("Q?", answer), 0)
    assert "assistant sync" not in page
    assert "Read them now" in page


def test_sources_are_found_by_every_word_and_capped() -> None:
    many = [DocumentSummary(f"{n:016x}", f"{n}.txt", None, "CNN", None, None, None, 1) for n in range(250)]
    assert panel.sources(many).count("<li>") == panel.N_LISTED
    assert "50 more" in panel.sources(many)
    assert panel.sources(many, text="cnn 249").count("<li>") == 1


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2025-04-09", "9 April 2025"),
        ("2025-04-09T20:00", "9 April 2025, 20:00"),
        ("last week", "last week"),
        ("2025-04", "2025-04"),
        (None, ""),
    ],
)
def test_dates_in_words(iso: str | None, words: str) -> None:
    assert in_words(iso) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2025-04-07", "2025-04-15", "7 to 15 April 2025"),
        ("2025-03-07", "2025-04-15", "7 March to 15 April 2025"),
        ("2024-03-07", "2025-04-15", "7 March 2024 to 15 April 2025"),
        ("2025-04-07", "2025-04-07", "7 April 2025"),
        ("2025-04-07", None, "7 April 2025"),
        (None, None, ""),
    ],
)
def test_date_ranges_say_nothing_twice(first: str | None, last: str | None, words: str) -> None:
    assert range_in_words(first, last) == words


@pytest.mark.parametrize(
    ("question", "standalone", "caption"),
    [
        ("Who leads it?", "Who leads it?", "Who leads it?"),
        ("Who leads it, and why?", "Who leads it? Why?", "Who leads it?"),
        ("Give me the leaders", "Give me the leaders", "Who leads it"),
    ],
)
def test_a_disagreement_is_captioned_by_its_question(question: str, standalone: str, caption: str) -> None:
    assert render.about(Disagreement("Who leads it", ()), Answer(question, standalone)) == caption
