from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from assistant.folder import Failure
from assistant.records import DocumentSummary
from assistant.scanning import ScanReport
from assistant.terminal import (
    LISTED,
    MAX_WIDTH,
    console,
    human_date,
    print_answer,
    print_document,
    print_hits,
    print_passed_over,
    print_report,
    print_sources,
    progress_bar,
)
from assistant.types import (
    Abstained,
    AbstainReason,
    Answer,
    Citation,
    Claim,
    Disagreement,
    Document,
    Place,
    Span,
    Statement,
)
from tests.asking import hit_of
from tests.fakes import HashingEncoder, library_in, story

FORTY = "The harbour fund of Norvia holds $40 million, [sic] the port authority said."
CITATIONS = (
    Citation(1, "0f" * 8, "port/fund.md", 0, 76, FORTY, 3, "Norvia sets money aside", "Port Gazette", "2024-05-02T20:00", None, None, (Place("copy.txt", 9, 85),)),
    Citation(2, "f0" * 8, "b.txt", 5, 26, "It holds $55 million.", 12),
)
ANSWER = Answer("How large?", "How large?", (Statement(FORTY, (1,)),), CITATIONS[:1])
DIFFER = replace(
    ANSWER,
    statements=(Statement(FORTY, (1,)), Statement("It holds $55 million.", (2,))),
    citations=CITATIONS,
    disagreements=(Disagreement("How large", (Claim("$40 million", 1), Claim("$55 million", 2))),),
)
HIT = replace(hit_of("Title\n\nThe fund holds\n$40 million. " + "More of it is said here. " * 30 + "\n", source="port/fund.md", published="2024-05-02"), score=0.71234)


def plain(width: int = 92) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False)


def printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_an_answer_is_its_statements_and_footnotes() -> None:
    out = plain()
    print_answer(ANSWER, out)
    assert printed(out) == (
        f"{FORTY} [1]\n"
        "\n"
        "[1] Norvia sets money aside · Port Gazette · 2 May 2024\n"
        "    port/fund.md:3\n"
        "    also in copy.txt\n"
    )


def test_a_source_with_pages_is_named_by_its_page() -> None:
    out = plain()
    print_answer(replace(ANSWER, citations=tuple(replace(c, source="fund.pdf", page=12, also_in=()) for c in ANSWER.citations)), out)
    assert printed(out).splitlines()[-1] == "    fund.pdf, p. 12"
    out = plain()
    print_hits([replace(HIT, document=replace(HIT.document, pages=(0,)))], out)
    assert printed(out).splitlines()[0] == " 1  0.712  port/fund.md, p. 1  2 May 2024"


def test_a_copy_that_holds_the_words_several_times_is_named_once() -> None:
    out = plain()
    print_answer(replace(ANSWER, citations=tuple(replace(c, also_in=(Place("b.txt", 0, 9), Place("b.txt", 20, 29), Place("c.txt", 0, 9))) for c in ANSWER.citations)), out)
    assert printed(out).splitlines()[-2:] == ["    also in b.txt", "    also in c.txt"]


def test_a_source_without_lines_of_its_own_is_named_alone() -> None:
    out = plain()
    print_answer(replace(ANSWER, citations=tuple(replace(c, source="fund.csv", line=None, also_in=()) for c in ANSWER.citations)), out)
    assert printed(out).splitlines()[-1] == "    fund.csv"
    out = plain()
    print_hits([replace(HIT, document=replace(HIT.document, source="port/fund.html"))], out)
    assert printed(out).splitlines()[0] == " 1  0.712  port/fund.html  2 May 2024"


def test_a_disagreement_is_a_table_of_values_each_with_its_source() -> None:
    out = plain(120)
    print_answer(DIFFER, out)
    assert printed(out) == (
        f"{FORTY} [1]  Port Gazette, 2 May 2024\n"
        "\n"
        "It holds $55 million. [2]  b.txt\n"
        "\n"
        "The sources differ:\n"
        "  $40 million  Port Gazette: Norvia sets money aside, 2 May 2024 [1]\n"
        "  $55 million  b.txt [2]\n"
        "\n"
        "[1] Norvia sets money aside · Port Gazette · 2 May 2024\n"
        "    port/fund.md:3\n"
        "    also in copy.txt\n"
        "[2] b.txt\n"
        "    b.txt:12\n"
    )


def test_no_line_of_an_answer_or_a_passage_ends_in_a_blank() -> None:
    out = plain(40)
    print_answer(replace(DIFFER, statements=tuple(replace(each, text=f"{each.text} {each.text} {each.text}") for each in DIFFER.statements)), out)
    print_hits([hit_of(f"{FORTY} {FORTY} {FORTY}")], out)
    assert [line for line in printed(out).splitlines() if line != line.rstrip()] == []


def test_what_was_understood_and_the_notices_stand_above() -> None:
    out = plain()
    print_answer(replace(ANSWER, standalone_question="How large is the fund?", reworded=True, notices=("One.", "Two."), stale=True), out)
    assert printed(out).splitlines()[:4] == ["Understood as: How large is the fund?", "Note: One.", "Note: Two.", f"{FORTY} [1]"]


def test_a_question_of_which_only_slips_were_mended_is_told_by_the_notice_alone() -> None:
    out = plain()
    print_answer(replace(ANSWER, standalone_question="How large is the fund?", notices=("It is read so.",)), out)
    assert printed(out).splitlines()[:2] == ["Note: It is read so.", f"{FORTY} [1]"]


ESCAPE = "\x1b]0;owned\x07\x1b[2J"
"""Sets the window's title and wipes the screen."""
SHOWN = "\N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[2J"


def test_nothing_that_is_told_of_a_source_steers_the_terminal() -> None:
    out = plain(200)
    told = replace(ANSWER, standalone_question=f"How large is {ESCAPE}?", reworded=True, notices=(f"An earlier version said “{ESCAPE}”.",))
    print_answer(told, out)
    print_answer(Answer("Who?", "Who?", abstained=Abstained(AbstainReason.FILTERED, f"Not by {ESCAPE}.")), out)
    print_report(ScanReport(skipped=(Failure("https://a.example/1", f"left for {ESCAPE}"),)), out)
    lines = printed(out).splitlines()
    assert lines[:2] == [f"Understood as: How large is {SHOWN}?", f"Note: An earlier version said “{SHOWN}”."]
    assert lines[-3:-1] == [f"Not by {SHOWN}.", f"skipped  1 page: left for {SHOWN}"]
    assert "\x1b" not in printed(out)


def test_rows_of_a_disagreement_hang_where_they_wrap() -> None:
    out = plain(40)
    print_answer(DIFFER, out)
    lines = printed(out).splitlines()
    first = lines.index("The sources differ:")
    rows = lines[first + 1 : lines.index("", first)]
    assert len(rows) > 2
    assert [row[:4].rstrip() for row in rows if not row.startswith("    ")] == ["  $4", "  $5"]
    assert max(map(len, rows)) <= 40


def test_a_declined_question_shows_the_three_nearest_passages() -> None:
    out = plain()
    hits = tuple(replace(HIT, rank=rank) for rank in range(1, 6))
    print_answer(Answer("Who?", "Who?", hits=hits, abstained=Abstained(AbstainReason.NOT_IN_SOURCES, "Not there.")), out)
    lines = printed(out).splitlines()
    assert lines[:3] == ["Not there.", "The nearest passages, for what they are worth:", " 1  port/fund.md:1  2 May 2024"]
    assert [line for line in lines if "port/fund.md" in line] == [f" {rank}  port/fund.md:1  2 May 2024" for rank in (1, 2, 3)]


@pytest.mark.parametrize("reason", [AbstainReason.NOT_A_QUESTION, AbstainReason.NO_SOURCES])
def test_a_greeting_shows_its_message_only(reason: AbstainReason) -> None:
    out = plain()
    print_answer(Answer("hello", "hello", abstained=Abstained(reason, "Hello. Ask.")), out)
    assert printed(out) == "Hello. Ask.\n"


def test_hits_are_shortened_to_the_lines_given_or_shown_whole() -> None:
    out = plain(60)
    print_hits([HIT], out, lines=2)
    head, *rest = printed(out).splitlines()
    assert head == " 1  0.712  port/fund.md:1  2 May 2024"
    assert len(rest) in (2, 3)
    assert rest[-1].rstrip().endswith(" …")
    whole = plain(60)
    print_hits([HIT], whole)
    assert " ".join(" ".join(printed(whole).splitlines()[1:]).split()) == " ".join(HIT.passage.text.split())


def test_near_copies_of_a_hit_are_named_once_each() -> None:
    out = plain()
    print_hits([replace(HIT, also_in=(Place("b.txt", 0, 9), Place("b.txt", 20, 29), Place("c.txt", 0, 9)))], out, lines=1)
    assert printed(out).splitlines()[-1] == "    also in b.txt, c.txt"


@pytest.mark.parametrize("width", [20, 40, 60])
def test_a_narrow_terminal_gets_the_same_words_in_lines_that_fit(width: int) -> None:
    wide, narrow = plain(500), plain(width)
    print_answer(DIFFER, wide)
    print_answer(DIFFER, narrow)
    assert printed(narrow).split() == printed(wide).split()
    assert [line for line in printed(narrow).splitlines() if len(line.rstrip()) > width] == []


def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38)")
    for value, expected in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", value)
        monkeypatch.setenv("TERM", "xterm-256color")
        out = Console(file=io.StringIO(), width=92, force_terminal=True, highlight=False)
        print_answer(DIFFER, out)
        assert bool(coloured.search(printed(out))) is expected


def test_the_console_is_never_wider_than_reads_well(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = []
    for columns in ("300", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        widths.append(console(io.StringIO()).width)
    assert widths == [MAX_WIDTH, 40]


@pytest.mark.parametrize(
    ("published", "expected"),
    [("2025-04-09", "9 April 2025"), ("2025-04-09T20:00", "9 April 2025"), (None, "undated"), ("", "undated"), ("spring 2025", "spring 2025")],
)
def test_dates_are_shown_in_words(published: str | None, expected: str) -> None:
    assert human_date(published) == expected


def test_a_report_lists_sources_failures_and_a_sum() -> None:
    out = plain()
    print_report(ScanReport(("a.md", "b.md"), ("c.md",), ("d.md",), 7, (Failure("e.pdf", "'.pdf' files cannot be read"),)), out)
    assert printed(out) == (
        "added    a.md\n"
        "added    b.md\n"
        "changed  c.md\n"
        "removed  d.md\n"
        "failed   e.pdf: '.pdf' files cannot be read\n"
        "2 added, 1 changed, 1 removed, 7 unchanged, 1 failed.\n"
    )


def test_warnings_are_told_beside_what_was_added() -> None:
    out = plain()
    print_report(ScanReport(("a.pdf",), warnings=(Failure("a.pdf", "2 pages are scans."),)), out)
    assert printed(out) == "added    a.pdf\nnote     a.pdf: 2 pages are scans.\n1 added, 0 changed, 0 removed, 0 unchanged, 0 failed.\n"


def test_a_long_report_counts_what_it_does_not_list() -> None:
    out = plain()
    print_report(ScanReport(tuple(f"{i:03}.md" for i in range(LISTED + 5))), out)
    lines = printed(out).splitlines()
    assert lines == [*(f"added    {i:03}.md" for i in range(LISTED)), "added    … and 5 more", f"{LISTED + 5} added, 0 changed, 0 removed, 0 unchanged, 0 failed."]


def test_sources_are_listed_with_what_is_known_and_names_are_never_cut() -> None:
    out = plain(60)
    long_name = "news.example/" + "-".join(["word"] * 20) + ".html"
    page = DocumentSummary(
        "0f" * 8, long_name, "A [b] title that is longer than the line on which it is to be shown", "Port Gazette", None,
        "2024-05-02", "https://news.example/a", 3, 2, ("Its date is odd.",), "2026-11-22T00:12Z",
    )  # fmt: skip
    print_sources([page, DocumentSummary("f0" * 8, "b.txt", None, None, None, None, None, 1)], out)
    assert printed(out).splitlines() == [
        long_name,
        "  A [b] title that is longer than the line on which it is to",
        "  be shown",
        "  Port Gazette · 2 May 2024 · 3 passages · 2 pages",
        f"  https://news.example/a, fetched {human_date('2026-11-22T00:12Z')}",
        "  note: Its date is odd.",
        "b.txt",
        "  1 passage",
    ]


def test_one_page_is_a_page() -> None:
    out = plain()
    print_sources([DocumentSummary("f0" * 8, "b.pdf", None, None, None, None, None, 1, n_pages=1)], out)
    assert printed(out) == "b.pdf\n  1 passage · 1 page\n"


def test_pages_that_were_skipped_are_counted_by_reason() -> None:
    out = plain()
    skipped = (Failure("https://a.example/1", "here already"), Failure("https://a.example/2", "here already"), Failure("https://a.example/3", "left"))
    print_report(ScanReport(skipped=skipped, warnings=(Failure("a.md", "Mend it."),)), out)
    assert printed(out) == (
        "skipped  2 pages: here already\nskipped  1 page: left\nnote     a.md: Mend it.\n"
        "0 added, 0 changed, 0 removed, 0 unchanged, 3 skipped, 0 failed.\n"
    )


def test_what_was_not_read_is_listed() -> None:
    out = plain()
    print_passed_over([Failure("a.pdf", "it is damaged")], [Failure("b.txt", "a link that leads nowhere")], out)
    assert printed(out) == "failed   a.pdf: it is damaged\nnote     b.txt: a link that leads nowhere\n"


def test_a_document_or_a_span_of_it_is_printed_to_the_character() -> None:
    document = Document("0f" * 8, "a.md", "A [bold]line[/bold] that is long " * 9 + "\n  two\n", "A")
    whole, part = plain(20), plain(20)
    print_document(document, None, whole)
    print_document(document, Span(2, 40), part)
    assert printed(whole) == document.text
    assert printed(part) == document.text[2:40] + "\n"


def test_no_bar_is_drawn_where_nobody_watches() -> None:
    with progress_bar("Indexing") as progress:
        assert progress is None


def watched(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Stderr as a terminal that keeps what it was sent; no fixture, since pytest puts its own there before the test."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def test_the_bar_moves_while_a_long_document_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    library = library_in(tmp_path, {"book.txt": story(1, n_paragraphs=150)}, encoder=HashingEncoder(delay_s=0.006))
    with progress_bar("Indexing") as progress:
        library.sync(mirror=False, progress=progress)
    shown = [float(done) for done in re.findall(r"([\d.]+)/[\d.]+ kB", screen.getvalue())]
    assert shown == sorted(shown)
    assert len(set(shown)) >= 4


def test_a_name_that_reads_like_markup_or_an_escape_is_shown_in_the_bar_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    monkeypatch.setenv("COLUMNS", "160")
    with progress_bar("Indexing") as progress:
        assert progress is not None
        progress(1, 10, f"a[/b]{ESCAPE}.txt")
    assert f"a[/b]{SHOWN}.txt" in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", screen.getvalue())


def test_a_superseded_source_is_marked() -> None:
    out = plain(120)
    documents = [DocumentSummary(f"{n}" * 16, f"{n}.md", None, None, None, None, None, 1) for n in (1, 2)]
    print_sources(documents, out, {"1.md": "2.md"})
    notes = [line.strip() for line in printed(out).splitlines() if "superseded" in line]
    assert notes == ["note: superseded by 2.md, which answers quote"]
    assert printed(out).index("note:") < printed(out).index("2.md\n")
