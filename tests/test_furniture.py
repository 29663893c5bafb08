"""Furniture is learnt from what recurs, and what is said again in earnest stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.features import passage_sentences
from assistant.furniture import Furniture, LearntFurniture, is_furniture
from assistant.library import Library
from assistant.marks import Kind, fingerprint
from assistant.recurrence import Recurring
from assistant.types import Document, Span
from tests.asking import report
from tests.fakes import library_in, retriever_of, write
from tests.test_duplicates import paragraph

SIGN_UP = "Reach the desk at desk@post.example and follow it on the island network."
DATELINE = "North Quay Post —"
REFRAIN = "About 28,500 soldiers are stationed on the islands of Norvia."


def line(**given: object) -> Recurring:
    return Recurring(**{"fingerprint": 1, "publisher": "Post", "n_titles": 5, "n": 5, "n_edge": 5, "n_of_subject": 0, "kinds": Kind.BARE, **given})


@pytest.mark.parametrize(
    ("given", "n_documents", "expected"),
    [
        ({}, 100, True),
        ({"n_titles": 4}, 100, False),
        ({}, 5_000, False),
        ({"n_titles": 15, "n": 15, "n_edge": 15}, 5_000, True),
        ({"n_edge": 4}, 100, False),
        ({"n_of_subject": 1}, 100, False),
        ({"kinds": Kind(0)}, 100, False),
        ({"n_titles": 3, "n": 3, "n_edge": 3, "kinds": Kind.ADDRESSES}, 5_000, True),
        ({"n_titles": 2, "n": 2, "n_edge": 2, "kinds": Kind.ADDRESSES}, 3, False),
        ({"kinds": Kind.LABEL | Kind.BARE}, 100, False),
        ({"kinds": Kind.LABEL | Kind.ADDRESSES}, 100, True),
        ({"n_titles": 4, "n": 4, "n_edge": 4, "kinds": Kind.LABEL | Kind.ADDRESSES}, 100, False),
    ],
)
def test_what_counts_as_furniture(given: dict[str, object], n_documents: int, expected: bool) -> None:
    assert is_furniture(line(**given), n_documents) is expected


def article(n: int, *, publisher: str | None = "Post", end: str = SIGN_UP, title: str | None = None) -> str:
    body = "\n\n".join([DATELINE, *(paragraph(10 * n + i) for i in range(3)), REFRAIN, f"Contributing: Desk {n}", end])
    return report(body, title=title or f"Headline number {n} on Norvia", published=f"2025-04-0{n % 9 + 1}", publisher=publisher)


def synced(folder: Path, files: dict[str, str]) -> Library:
    library = library_in(folder, files)
    library.sync(mirror=False)
    return library


def quotable(library: Library, query: str) -> str:
    hits = retriever_of(library).retrieve(query, top_k=50)
    return "\n".join(sentence.text for hit in hits for sentence in passage_sentences(hit))


def test_recurring_lines_are_not_quoted_and_a_refrain_of_the_coverage_is(tmp_path: Path) -> None:
    library = synced(tmp_path, {f"{n}.md": article(n) for n in range(1, 6)})
    text = quotable(library, "Norvia soldiers desk")
    assert [line in text for line in (SIGN_UP, DATELINE, "Contributing:", REFRAIN)] == [False, False, False, True]
    assert all(sentence in text for n in range(1, 6) for sentence in paragraph(10 * n).split(". ")[:1])


def test_what_recurs_too_seldom_is_quoted(tmp_path: Path) -> None:
    text = quotable(synced(tmp_path, {f"{n}.md": article(n) for n in (1, 2)}), "Norvia soldiers desk")
    assert [line in text for line in (SIGN_UP, DATELINE, "Contributing:", REFRAIN)] == [True, True, True, True]


def test_a_line_of_one_publisher_is_quoted_from_another(tmp_path: Path) -> None:
    files = {f"{n}.md": article(n) for n in range(1, 6)} | {"other.md": article(7, publisher="Courier")}
    text = quotable(synced(tmp_path, files), "Norvia soldiers desk")
    assert (text.count(SIGN_UP), text.count(DATELINE)) == (1, 1)


def test_documents_without_a_publisher_are_taken_together(tmp_path: Path) -> None:
    assert SIGN_UP not in quotable(synced(tmp_path, {f"{n}.md": article(n, publisher=None) for n in range(1, 5)}), "Norvia")


def test_one_story_saved_several_times_teaches_nothing(tmp_path: Path) -> None:
    files = {f"{n}.md": article(n, title="The same headline") for n in range(1, 6)}
    assert SIGN_UP in quotable(synced(tmp_path, files), "Norvia")


def test_a_passage_of_furniture_alone_is_no_hit(tmp_path: Path) -> None:
    files = {f"{n}.md": article(n, end=f"# Desk\n\n{SIGN_UP}") for n in range(1, 6)}
    library = synced(tmp_path, files)
    assert any(p.text == SIGN_UP for d in library.catalog.documents() for p in library.catalog.passages(d.id))
    assert SIGN_UP not in {hit.passage.text for hit in retriever_of(library).retrieve("reach the desk", top_k=50)}


def test_what_was_learnt_follows_the_catalog_and_cuts_nothing_anew(tmp_path: Path) -> None:
    library = synced(tmp_path, {f"{n}.md": article(n) for n in (1, 2)})
    learnt = LearntFurniture(library.catalog)
    before = {d.id: library.catalog.passages(d.id) for d in library.catalog.documents()}
    assert learnt.now().by_publisher == {}
    assert learnt.now() is learnt.now()
    write(library.root, {"3.md": article(3)})
    library.sync(mirror=False)
    assert {publisher: len(lines) for publisher, lines in learnt.now().by_publisher.items()} == {"Post": 1}
    assert {id: library.catalog.passages(id) for id in before} == before
    library.remove("3.md")
    assert learnt.now().by_publisher == {}


def test_furniture_beside_a_passage_is_told_from_what_a_quote_may_bring() -> None:
    text = f"Karl Lund spoke.\n\n{SIGN_UP}\n\nHe was praised. It rained.\n\nAll left."
    document = Document("a", "a.md", text, publisher="Post")
    start = text.index("He was")
    passage = Span(start, start + len("He was praised. It rained."))
    found = Furniture({"Post": {fingerprint(SIGN_UP)}}).beside(document, passage)
    assert found == (Span(first := text.index(SIGN_UP), first + len(SIGN_UP)),)
    assert Furniture({"Courier": {fingerprint(SIGN_UP)}}).beside(document, passage) == ()
