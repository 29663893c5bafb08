"""The same words in two documents are one piece of evidence, however they were cut and in whatever order they came in."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.duplicates import figures_differ, near_copies, shingles
from assistant.library import Library
from assistant.types import Filters, Hit
from tests.asking import report
from tests.fakes import WORDS, library_in, retriever_of, write


def paragraph(n: int, *, n_sentences: int = 5) -> str:
    """Made-up sentences, different for each `n`."""
    chosen = random.Random(f"paragraph {n}")
    lines = []
    for _ in range(n_sentences):
        a, b, c, d, e = chosen.sample(WORDS, 5)
        lines.append(f"The {a} beside the {b} was sold to the {c} of the {d} for {chosen.randrange(10, 9000)} crowns, an {e} said.")
    return " ".join(lines)


STORY = [paragraph(n) for n in range(4)]


def synced(folder: Path, files: dict[str, str]) -> Library:
    library = library_in(folder, files)
    library.sync(mirror=False)
    return library


def shown(hits: list[Hit]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(hit.document.source, hit.passage.text, tuple(place.source for place in hit.also_in)) for hit in hits]


# Shingles


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("The council voted to build a bridge over the river.", True),
        ("the COUNCIL voted to build a “bridge” over the river", True),
        ("The council voted to build a bridge over the river. It was a Monday.", True),
        ("The council voted to build a tunnel over the river.", False),
        ("The council refused to build a bridge over the river.", False),
    ],
)
def test_near_copies_share_most_of_the_shorter_ones_shingles(other: str, same: bool) -> None:
    assert near_copies(shingles("The council voted to build a bridge over the river."), shingles(other)) is same


def test_shingles_are_runs_of_four_words_or_the_whole() -> None:
    assert shingles("One, two THREE four five.") == {"one two three four", "two three four five"}
    assert shingles("One two.") == {"one two"}
    assert shingles("!") == {""}


def test_shingles_of_a_script_without_blanks_are_of_its_characters() -> None:
    assert shingles("关税谈判开始") == {"关 税 谈 判", "税 谈 判 开", "谈 判 开 始"}


@pytest.mark.parametrize(
    ("one", "whole", "other", "other_whole", "differ"),
    [
        ("It holds 40 crowns.", "", "It holds 55 crowns.", "", True),
        ("It holds 40 crowns.", "", "It holds 40 crowns.", "", False),
        ("It holds 40 crowns.", "", "It holds 40 crowns of 1,000.", "", False),
        ("It holds 40 crowns.", " Later 55.", "It holds 55 crowns.", "", False),
        ("It holds 40 crowns.", "", "It holds 55 crowns.", " Once 40.", False),
    ],
)
def test_figures_differ_when_each_document_has_one_that_the_other_lacks(
    one: str, whole: str, other: str, other_whole: str, differ: bool
) -> None:
    assert figures_differ(one, one + whole, other, other + other_whole) is differ


# Copies in a library


def test_a_copy_that_no_search_found_is_listed_all_the_same(tmp_path: Path) -> None:
    files = {f"{n}.md": report(STORY[0], title=f"Title {n}", published=f"2025-04-{n:02}") for n in range(1, 30)}
    library = synced(tmp_path, files)
    (hit,) = retriever_of(library).retrieve(STORY[0][:60], top_k=1)
    assert hit.document.source == "1.md"
    assert [place.source for place in hit.also_in] == [f"{n}.md" for n in range(2, 30)]


def test_copies_cut_otherwise_are_shown_as_the_earliest_was_cut(tmp_path: Path) -> None:
    parts = [paragraph(n, n_sentences=2) for n in range(4)]
    long, second = "\n\n".join(parts), parts[1]
    library = synced(
        tmp_path,
        {
            "early.md": report(long, title="Sold", published="2025-04-01", publisher="Port Gazette"),
            "late.md": report(f"{paragraph(9, n_sentences=2)}\n\n{long}", title="Sold again", published="2025-04-02", publisher="Norvia Courier"),
        },
    )  # fmt: skip
    early, late = (library.catalog.document_by_source(name) for name in ("early.md", "late.md"))
    borders = [{passage.text for passage in library.catalog.passages(document.id)} for document in (early, late)]
    assert not borders[0] & borders[1]  # or it would be no test
    hits = retriever_of(library).retrieve(second, top_k=10)
    of_early = [hit for hit in hits if hit.document.source == "early.md"]
    assert {hit.passage.text for hit in of_early} == borders[0]
    assert all([place.source for place in hit.also_in] == ["late.md"] for hit in of_early)
    assert all(second not in hit.passage.text for hit in hits if hit.document.source == "late.md")
    for hit in of_early:
        (place,) = hit.also_in
        assert second not in hit.passage.text or second in late.text[place.start : place.end]


def test_last_years_figures_in_this_years_words_are_not_a_copy(tmp_path: Path) -> None:
    poll = "The poll of Norvia is based on telephone interviews with {} people of the islands who said that they would vote, the institute said on the quay."
    library = synced(
        tmp_path,
        {
            "2024.md": report(poll.format(810), title="Poll", published="2024-03-01"),
            "2025.md": report(poll.format(805), title="Poll", published="2025-03-01"),
        },
    )
    hits = retriever_of(library).retrieve("poll of Norvia", top_k=5)
    assert sorted(shown(hits)) == [("2024.md", poll.format(810), ()), ("2025.md", poll.format(805), ())]


def test_a_document_that_the_filters_leave_out_is_neither_original_nor_copy(tmp_path: Path) -> None:
    files = {f"{n}.md": report(STORY[0], title=f"Title {n}", published=f"2025-04-0{n}") for n in (1, 2, 3)}
    retriever = retriever_of(synced(tmp_path, files))
    assert shown(retriever.retrieve("sold", top_k=5, filters=Filters(until="2025-04-02")))[0][::2] == ("1.md", ("2.md",))
    assert shown(retriever.retrieve("sold", top_k=5, filters=Filters(since="2025-04-02")))[0][::2] == ("2.md", ("3.md",))
    assert shown(retriever.retrieve("sold", top_k=5, filters=Filters(sources=("3.md",))))[0][::2] == ("3.md", ())


def test_a_removed_copy_is_listed_no_more_and_the_next_earliest_is_shown(tmp_path: Path) -> None:
    library = synced(tmp_path, {f"{n}.md": report(STORY[0], title=f"Title {n}", published=f"2025-04-0{n}") for n in (1, 2, 3)})
    retriever = retriever_of(library)
    library.remove("1.md")
    assert shown(retriever.retrieve("sold", top_k=5))[0][::2] == ("2.md", ("3.md",))


# Laws


@settings(max_examples=12, deadline=None)
@given(order=st.permutations(range(5)), query=st.sampled_from(WORDS))
def test_the_order_in_which_documents_came_in_changes_nothing(tmp_path_factory: pytest.TempPathFactory, order: list[int], query: str) -> None:
    bodies = [STORY[:3], STORY[1:], [STORY[0], STORY[2]], [paragraph(9)], [STORY[3], paragraph(9)]]
    files = {f"{n}.md": report("\n\n".join(body), title=f"Title {n}", published=f"2025-04-0{5 - n}") for n, body in enumerate(bodies)}
    one_by_one, at_once = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("all")
    library = library_in(one_by_one)
    for n in order:
        before = {d.id: library.catalog.passages(d.id) for d in library.catalog.documents()}
        write(library.root, {f"{n}.md": files[f"{n}.md"]})
        library.sync(mirror=False)
        assert {id: library.catalog.passages(id) for id in before} == before
    assert retriever_of(library).retrieve(query, top_k=8) == retriever_of(synced(at_once, files)).retrieve(query, top_k=8)
