"""Near-copies that contradict each other are no copies: both are shown, with who says which and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.duplicates import differ, near_copies, shingles
from assistant.types import Span
from assistant.variants import tell_otherwise, variants
from tests.asking import assistant_in, check_answer, report
from tests.fakes import library_in, retriever_of

COST = "The Basin Four ferry terminal cost {} to build, the port authority of Norvia said."
SHORT = f"The Basin Four ferry terminal opened to passengers on Monday. {COST} It can handle 600 passengers an hour."
PADDING = (
    "The old grain pier was cleared by three floating cranes. Dredging of the approach took the whole of a summer. "
    "Four builders laid the quay wall of steel piles and concrete.\n\n"
    "Passengers reach the halls by a covered footbridge from the tram. The roof carries solar panels for the lighting of the halls. "
    "Customs and border guards share one floor with the ticket offices."
)
LONG = f"{SHORT}\n\n{PADDING} Of the last tender 99 and 84 bids are on file."
"""Both figures stand elsewhere in the text, so that no figure of one document is missing from the other."""
QUESTION = "What did the Basin Four ferry terminal cost?"
SIDES = ("84 million zloty", "99 million zloty")


@pytest.mark.parametrize(
    ("one", "other", "otherwise"),
    [
        (COST.format(SIDES[0]), COST.format(SIDES[1]), True),
        (COST.format("$98 million"), COST.format("$99 million"), True),
        (COST.format("$55.7 million"), COST.format("$56 million"), False),
        (COST.format("$5 million"), COST.format("five million dollars"), False),
        (COST.format("5 million dollars"), COST.format("$5 million"), False),
        ("The hall seats 600 people at a time.", "The hall seats six hundred people at a time.", False),
        ("The hall seats 600 people at a time.", "The hall seats nine hundred people at a time.", True),
        ("The town of Aldale has five thousand residents.", "The town of Aldale has 5,000 residents.", False),
        ("The fire killed two dozen people in the old town.", "The fire killed 24 people in the old town.", False),
        ("The fire killed two hundred and fifty people.", "The fire killed 250 people.", False),
        ("The strike lasted 24 hours in the whole port.", "The strike lasted one day in the whole port.", False),
        ("The strike lasted two weeks in the whole port.", "The strike lasted 14 days in the whole port.", False),
        ("The strike lasted 12 months in the whole port.", "The strike lasted 52 weeks in the whole port.", False),
        ("The strike lasted 24 hours in the whole port.", "The strike lasted three days in the whole port.", True),
        ("The vote was held on Tuesday in the old hall.", "The vote was held on April 8 in the old hall.", False),
        ("The vote was held on Tuesday in the old hall.", "The vote was held on Friday in the old hall.", True),
        ("The company lives at No. 10 Downing Street in town.", "The company lives at 10 Downing Street in town.", False),
        ("The company lives at No 10 Downing Street in town.", "The company lives at 10 Downing Street in town.", False),
        ("There was no 10 percent tariff on the cars.", "There was a 10 percent tariff on the cars.", True),
        ("The halls opened to all on 12 January 2025.", "The halls opened to all on January 12.", False),
        ("The halls opened to all on 12 January 2025.", "The halls opened to all on January 14.", True),
        ("The halls opened to all on 12 January 2025.", "The halls opened to all.", False),
        ("It was designed by Anna Berg, he said.", "It was designed by Oskar Hald, he said.", True),
        ("It was designed by Anna Berg, he said.", "It was designed by Berg, he said.", False),
        ("The cars go to the United States by sea.", "The cars go to the U.S. by sea.", False),
        ("The pier will be torn down in spring.", "The pier will not be torn down in spring.", True),
        ("He didn’t ask for the pier.", "He did not ask for the pier.", False),
        ("The hall cost 84 million zloty.", "The bridge over the river is 99 metres long.", False),
        ("In 2019: 4.", "In 2020: 5.", False),
        ("", "", False),
    ],
)
def test_what_tells_otherwise(one: str, other: str, otherwise: bool) -> None:
    assert tell_otherwise(one, other) is tell_otherwise(other, one) is otherwise


def test_variants_are_spans_of_their_texts() -> None:
    one, other = SHORT.format(SIDES[0]), f"Norvia, Monday.\n\n{SHORT.format(SIDES[1])}"
    ((mine, theirs),) = variants(one, other)
    assert (one[slice(*mine)], other[slice(*theirs)]) == (COST.format(SIDES[0]), COST.format(SIDES[1]))
    assert isinstance(mine, Span)
    assert list(variants(one, one)) == []


def test_a_sentence_that_stands_elsewhere_in_the_other_document_is_told_by_both() -> None:
    one, other = (COST.format(side) for side in SIDES)
    assert differ(one, one, other, other)
    assert not differ(one, f"{one} {other}", other, f"{other} {one}")


@pytest.mark.parametrize(
    ("other", "copies"),
    [
        (SHORT.format(SIDES[0]), True),
        (SHORT.format(SIDES[0]) + " So it was said.", True),
        (SHORT.format(SIDES[1]), False),
        (SHORT.format(SIDES[0]).replace("Monday", "Friday"), False),
    ],
)
def test_near_copies_differ_in_no_word_of_weight(other: str, copies: bool) -> None:
    assert near_copies(shingles(SHORT.format(SIDES[0])), shingles(other)) is copies


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("publishers", [(None, None), ("Gazette", "Gazette"), ("Gazette", "Courier")], ids=["unsaid", "same", "other"])
@pytest.mark.parametrize("days", [(None, None), ("2025-01-12", "2025-01-12"), ("2025-01-12", "2025-02-12")], ids=["undated", "one day", "later"])
def test_two_files_that_differ_in_a_figure_are_two_hits_with_no_copies(
    tmp_path: Path, text: str, publishers: tuple[str | None, ...], days: tuple[str | None, ...]
) -> None:
    files = {
        f"{name}.md": report(text.format(side), title="Terminal opens", published=day, publisher=publisher)
        for name, side, publisher, day in zip("ab", SIDES, publishers, days, strict=True)
    }
    library = library_in(tmp_path, files)
    library.sync(mirror=False)
    hits = retriever_of(library).retrieve(QUESTION, top_k=2, superseded=True)
    assert sorted((hit.document.source, [p.source for p in hit.also_in]) for hit in hits) == [("a.md", []), ("b.md", [])]


def test_a_page_contradicts_a_text_as_well(tmp_path: Path, encoder: Any) -> None:
    """What is compared is the text that was read, in whatever format it came."""
    page = f"<html><head><title>Terminal opens</title></head><body><article><p>{SHORT.format(SIDES[0])}</p></article></body></html>"
    answer = assistant_in(tmp_path, encoder, {"a.html": page, "b.txt": SHORT.format(SIDES[1])}).ask(QUESTION)
    assert [sorted(claim.value for claim in one.values) for one in answer.disagreements] == [list(SIDES)]


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize(("publishers", "days"), [
    ((None, None), (None, None)),
    (("Gazette", "Courier"), ("2025-01-12", "2025-02-12")),
    (("Gazette", "Gazette"), ("2025-01-12", "2025-01-12")),
])  # fmt: skip
def test_the_answer_shows_both_figures(
    tmp_path: Path, encoder: Any, text: str, publishers: tuple[str | None, ...], days: tuple[str | None, ...]
) -> None:
    files = {
        f"{name}.md": report(text.format(side), title="Terminal opens", published=day, publisher=publisher)
        for name, side, publisher, day in zip("ab", SIDES, publishers, days, strict=True)
    }
    answer = assistant_in(tmp_path, encoder, files).ask(QUESTION)
    check_answer(answer, tmp_path / "sources")
    assert sorted(statement.text for statement in answer.statements) == [COST.format(side) for side in SIDES]
    assert [sorted(claim.value for claim in one.values) for one in answer.disagreements] == [list(SIDES)]
    assert answer.notices == ()


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When did the Basin Four terminal open?", "The Basin Four terminal opened on 12 January 2025, it said.", "The Basin Four terminal opened on 14 March 2025, it said."),
        ("Who designed the Basin Four terminal?", "The Basin Four terminal was designed by Anna Berg, it said.", "The Basin Four terminal was designed by Oskar Hald, it said."),
        ("Will the Basin Four terminal be extended?", "The Basin Four terminal will be extended soon, it said.", "The Basin Four terminal will not be extended soon, it said."),
        ("How much did the Basin Four terminal cost?", "The Basin Four terminal cost $98 million, it said.", "The Basin Four terminal cost $99 million, it said."),
        ("What is new at the Basin Four terminal?", "The Basin Four terminal can take 600 people, it said.", "The Basin Four terminal can take 900 people, it said."),
    ],
)  # fmt: skip
def test_what_a_near_copy_tells_otherwise_is_shown_or_said(tmp_path: Path, encoder: Any, question: str, one: str, other: str) -> None:
    files = {
        f"{name}.md": report(f"{text} The quay is open to cyclists. A covered bridge leads to the tram stop.", title=f"Report {name}", published=f"2025-04-{day}")
        for name, text, day in (("a", one, 10), ("b", other, 11))
    }
    answer = assistant_in(tmp_path, encoder, files).ask(question)
    cited = {citation.quote for citation in answer.citations}
    if answer.disagreements:
        assert cited == {one, other}
        assert answer.notices == ()
    else:
        ((unsaid, source, day),) = ((text, *at) for text, at in ((one, ("a.md", 10)), (other, ("b.md", 11))) if text not in cited)
        assert answer.notices == (f"{source}, {day} April 2025, says otherwise, in nearly the same words: “{unsaid}”",)


def test_nothing_is_said_of_a_copy_that_writes_the_same_figure_otherwise(tmp_path: Path, encoder: Any) -> None:
    files = {
        "a.md": report(SHORT.format("$84 million"), title="One", publisher="Gazette"),
        "b.md": report(SHORT.format("84 million dollars").replace("600", "six hundred"), title="Two", publisher="Courier"),
    }
    answer = assistant_in(tmp_path, encoder, files).ask(QUESTION)
    assert len(answer.statements) == 1
    assert (answer.disagreements, answer.notices) == ((), ())
