"""Query -> hits: fused scores worked by hand, near-copies told once, and only what the filters let through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.library import Library
from assistant.managing import edit
from assistant.records import PassageRow
from assistant.retrieval import Candidate, Retriever, fuse
from assistant.types import Filters, Hit, Place
from assistant.vectors import Neighbour
from tests.fakes import WORDS, HashingEncoder, library_in, retriever_of, stories, write
from tests.strategies import anything


def article(text: str, **stated: str) -> str:
    front = "".join(f"{key}: {value}\n" for key, value in stated.items())
    return f"---\n{front}---\n\n{text}\n" if front else f"{text}\n"


def found(hits: list[Hit]) -> list[str]:
    return [hit.document.source for hit in hits]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = library_in(tmp_path_factory.mktemp("library"), stories(range(60)))
    library.sync(mirror=False)
    return library


@pytest.fixture(scope="module")
def retriever(library: Library) -> Retriever:
    return retriever_of(library)


# Fusing


A, B, C, D = (PassageRow(name, 0, 9) for name in "abcd")


def test_fuse_adds_bm25_to_the_cosine_with_16_counting_half() -> None:
    dense = [Neighbour(A, 0.9), Neighbour(B, 0.5)]
    lexical = [(B, 16.0), (C, 4.0), (D, 0.0)]
    assert fuse(dense, lexical) == [
        Candidate(B, 1.0, 0.5),  # 0.5 + 16 / 32
        Candidate(A, 0.9, 0.9),
        Candidate(C, 0.7, 0.5),  # the least cosine, 0.5, + 4 / 20; D has no word in common
    ]


def test_fuse_orders_equal_scores_by_id() -> None:
    rows = [PassageRow("b", 0, 9), PassageRow("a", 5, 9), PassageRow("a", 10, 12), PassageRow("a", 0, 4)]
    assert [c.passage.id for c in fuse([Neighbour(row, 0.25) for row in rows], [])] == ["a:0-4", "a:10-12", "a:5-9", "b:0-9"]


def test_fuse_of_one_ranking_or_none() -> None:
    assert fuse([], []) == []
    assert fuse([], [(A, 16.0)]) == [Candidate(A, 0.5, 0.0)]
    assert fuse([Neighbour(A, -0.25)], []) == [Candidate(A, -0.25, -0.25)]


# Laws


@given(query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join) | anything, top_k=st.integers(1, 30))
def test_hits_are_ranked_without_gap_sliced_verbatim_and_different(retriever: Retriever, query: str, top_k: int) -> None:
    hits = retriever.retrieve(query, top_k=top_k)
    assert len(hits) == top_k
    assert [hit.rank for hit in hits] == list(range(1, top_k + 1))
    assert [(-hit.score, hit.passage.id) for hit in hits] == sorted((-hit.score, hit.passage.id) for hit in hits)
    assert len({hit.passage.id for hit in hits}) == top_k
    for hit in hits:
        assert hit.document.id == hit.passage.document_id
        assert hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert -1 <= hit.similarity <= 1
    assert retriever.retrieve(query, top_k=top_k) == hits
    assert retriever.retrieve(query, top_k=1) == hits[:1]


@pytest.mark.parametrize("top_k", [0, -1])
def test_top_k_below_one_is_an_error(retriever: Retriever, top_k: int) -> None:
    with pytest.raises(ValueError, match=f"^top_k is {top_k}, it must be at least 1$"):
        retriever.retrieve("harbour", top_k=top_k)


def test_a_passage_is_found_by_its_own_words_and_its_similarity_is_the_cosine(library: Library, retriever: Retriever) -> None:
    encoder = HashingEncoder()
    for document in library.catalog.documents()[::10]:
        for passage in library.catalog.passages(document.id):
            hit = retriever.retrieve(passage.text, top_k=1)[0]
            assert hit.passage == passage
            query, embedded = encoder.encode([passage.text, f"{document.title}\n{passage.text}"]).astype(np.float64)
            assert hit.similarity == pytest.approx(query @ embedded, abs=1e-6)


def test_more_hits_than_there_are_passages_gives_them_all(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"a.txt": "The comet was seen.", "b.txt": "A glacier melted."})
    library.sync(mirror=False)
    assert sorted(found(retriever_of(library).retrieve("comet", top_k=50))) == ["a.txt", "b.txt"]


def test_an_empty_library_gives_no_hits(tmp_path: Path) -> None:
    assert retriever_of(library_in(tmp_path)).retrieve("harbour", top_k=5) == []


# Near-copies


PARAGRAPH = (
    "The harbour council voted on Monday to build a new bridge over the river for 40 million crowns, "
    "the treasurer said, and work on it will begin as soon as the winter is over and the ice is gone."
)


@pytest.fixture
def copies(tmp_path: Path) -> Library:
    files = {
        "b.txt": article(PARAGRAPH, published="2025-04-09"),
        "a.txt": article("Something else was said first, of comets and violins.\n\n# Next\n\n" + PARAGRAPH, published="2025-04-09"),
        "undated.txt": article(PARAGRAPH),
        "late.txt": article(PARAGRAPH.replace("gone", "gone at last"), published="2025-04-10"),
        "z.txt": article(PARAGRAPH, published="2025-04-08T10:00", publisher="Post"),
        "other.txt": article("The harbour council did not vote on Tuesday.", published="2025-04-01"),
    }
    library = library_in(tmp_path, files)
    library.sync(mirror=False)
    return library


def place(library: Library, source: str) -> Place:
    document = library.catalog.document_by_source(source)
    passage = library.catalog.passages(document.id)[-1]
    return Place(source, passage.start, passage.end)


def test_near_copies_count_once_and_the_earliest_by_date_then_path_is_shown(copies: Library) -> None:
    first, *others = retriever_of(copies).retrieve("new bridge over the river", top_k=10)
    assert (first.rank, first.document.source) == (1, "z.txt")
    assert first.also_in == tuple(place(copies, source) for source in ("a.txt", "b.txt", "late.txt", "undated.txt"))
    assert sorted(found(others)) == ["a.txt", "other.txt"]  # what else a.txt says, in a passage of its own
    assert [(hit.rank, hit.also_in) for hit in others] == [(2, ()), (3, ())]


def test_copies_beyond_the_last_hit_are_still_gathered(copies: Library) -> None:
    (hit,) = retriever_of(copies).retrieve("new bridge over the river", top_k=1)
    assert (hit.document.source, len(hit.also_in)) == ("z.txt", 4)


def test_a_copy_that_is_filtered_out_is_neither_shown_nor_listed(copies: Library) -> None:
    hits = retriever_of(copies).retrieve("new bridge over the river", top_k=10, filters=Filters(since="2025-04-09"))
    assert hits[0].document.source == "a.txt"
    assert hits[0].also_in == (place(copies, "b.txt"), place(copies, "late.txt"))


def test_a_group_is_scored_by_its_best_member(copies: Library) -> None:
    retriever = retriever_of(copies)
    best = max(
        retriever.retrieve("new bridge over the river", top_k=1, filters=Filters(sources=(source,)))[0].similarity
        for source in ("a.txt", "b.txt", "late.txt", "undated.txt", "z.txt")
    )
    assert retriever.retrieve("new bridge over the river", top_k=1)[0].similarity == best


# Filters


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Library:
    files = {
        "post/1.txt": article("The harbour was closed.", publisher="Daily Post", published="2025-04-01"),
        "post/2.txt": article("The harbour was opened.", publisher="daily post", published="2025-04-10T08:00"),
        "times/1.txt": article("The harbour was sold.", publisher="Times", published="2025-04-05"),
        "undated.txt": article("The harbour was flooded.", publisher="Times"),
        "nameless.txt": article("The harbour was empty.", published="2025-04-10"),
    }
    library = library_in(tmp_path_factory.mktemp("papers"), files)
    library.sync(mirror=False)
    return library


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["nameless.txt", "post/1.txt", "post/2.txt", "times/1.txt", "undated.txt"]),
        (Filters(publishers=("DAILY POST",)), ["post/1.txt", "post/2.txt"]),
        (Filters(publishers=("times", "daily post")), ["post/1.txt", "post/2.txt", "times/1.txt", "undated.txt"]),
        (Filters(sources=("undated.txt", "post/1.txt")), ["post/1.txt", "undated.txt"]),
        (Filters(since="2025-04-05"), ["nameless.txt", "post/2.txt", "times/1.txt"]),
        (Filters(until="2025-04-05"), ["post/1.txt", "times/1.txt"]),
        (Filters(since="2025-04-10", until="2025-04-10"), ["nameless.txt", "post/2.txt"]),
        (Filters(publishers=("Times",), since="2000-01-01"), ["times/1.txt"]),
        (Filters(publishers=("Nobody",)), []),
        (Filters(since="2026-01-01"), []),
    ],
)
def test_only_documents_that_the_filters_let_through_are_found(papers: Library, filters: Filters, expected: list[str]) -> None:
    retriever = retriever_of(papers)
    assert sorted(found(retriever.retrieve("harbour", top_k=10, filters=filters))) == expected
    assert sorted(found(retriever.newest(top_k=10, filters=filters))) == expected


def test_what_a_filter_leaves_is_found_by_its_words_though_a_hundred_others_have_more_of_them(tmp_path: Path) -> None:
    files = {
        f"big-{n:03}.txt": article(f"The harbour budget of Gdynia was debated{' again' * (n % 11)}{' today' * (n // 11)}.", publisher="Big")
        for n in range(110)
    }
    aside = "Much was said that day of the weather, the food and the long road home, " * 3
    files["small.txt"] = article(f"{aside}and somebody mentioned the harbour budget of Gdynia in passing.", publisher="Small")
    library = library_in(tmp_path, files)
    library.sync(mirror=False)

    class Blind:
        """Proposes nothing, so that only words count."""

        def nearest(self, query: object, *, top_k: int, allowed: object = None) -> list[Neighbour]:
            return []

    retriever = Retriever(library.catalog, Blind(), HashingEncoder())
    asked, only = "Gdynia harbour budget", Filters(publishers=("Small",))
    assert found(retriever.retrieve(asked, top_k=3, filters=only)) == ["small.txt"]


def test_newest_gives_the_openings_of_the_newest_documents_undated_ones_last(papers: Library) -> None:
    hits = retriever_of(papers).newest(top_k=10)
    assert found(hits) == ["post/2.txt", "nameless.txt", "times/1.txt", "post/1.txt", "undated.txt"]
    assert [hit.score for hit in hits] == [1.0, 0.5, 0.333333, 0.25, 0.2]
    assert found(retriever_of(papers).newest(top_k=2)) == ["post/2.txt", "nameless.txt"]


# A library that changes


class Fixed:
    """Proposes the same passage whatever is asked, though it may be gone."""

    def __init__(self, row: PassageRow) -> None:
        self._row = row

    def nearest(self, query: object, *, top_k: int, allowed: object = None) -> list[Neighbour]:
        return [Neighbour(self._row, 0.5)]


def test_a_document_that_went_and_came_back_is_found_again(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"a.txt": "The comet was seen.", "b.txt": "A glacier melted."})
    library.sync(mirror=False)
    document = library.catalog.document_by_source("a.txt")
    retriever = Retriever(library.catalog, Fixed(PassageRow(document.id, 0, 19)), HashingEncoder())
    library.remove("a.txt")
    assert retriever.retrieve("comet", top_k=5) == []  # proposed by a search that was under way when it went
    write(library.root, {"a.txt": "The comet was seen."})
    library.sync(mirror=False)
    assert found(retriever.retrieve("comet", top_k=5)) == ["a.txt"]


def test_an_open_retriever_gives_what_was_corrected_of_a_document_and_its_copies(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"a.txt": article(PARAGRAPH, published="2025-04-08"), "b.txt": article(PARAGRAPH, published="2025-04-09")})
    library.sync(mirror=False)
    retriever, asked = retriever_of(library), "new bridge over the river"
    assert (found(retriever.retrieve(asked, top_k=2)), found(retriever.newest(top_k=1))) == (["a.txt"], ["a.txt"])
    edit(library, "a.txt", {"title": "The bridge", "publisher": "Gazette", "published": "2025-04-10"})
    (hit,) = retriever.retrieve(asked, top_k=2)
    assert (hit.document.source, hit.also_in) == ("b.txt", (place(library, "a.txt"),))  # now the earlier of the two
    corrected = library.catalog.document_by_source("a.txt")
    assert (corrected.title, corrected.publisher, corrected.published) == ("The bridge", "Gazette", "2025-04-10")
    only = Filters(publishers=("Gazette",))
    assert [hit.document for hit in retriever.retrieve(asked, top_k=2, filters=only)] == [corrected]
    assert [hit.document for hit in retriever.newest(top_k=2, filters=only)] == [corrected]


def test_an_open_retriever_notices_that_the_index_was_built_anew_with_as_many_changes(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"a.txt": "The comet was seen."})
    library.sync(mirror=False)
    retriever = retriever_of(library)
    assert found(retriever.retrieve("comet", top_k=5)) == ["a.txt"]
    library.discard_index()
    (library.root / "a.txt").unlink()
    write(library.root, {"b.txt": "A zebra was seen."})
    library_in(tmp_path).sync(mirror=False)
    assert [hit.similarity > 0.1 for hit in retriever.retrieve("a zebra was seen", top_k=5)] == [True]
    assert found(retriever.retrieve("unlike words", top_k=5)) == ["b.txt"]


def test_an_open_retriever_follows_the_library(tmp_path: Path) -> None:
    library = library_in(tmp_path, stories([1, 2]))
    library.sync(mirror=False)
    retriever = retriever_of(library)
    assert "new.txt" not in found(retriever.retrieve("a zebra", top_k=3))
    write(library.root, {"new.txt": "A zebra was seen."})
    library.sync(mirror=False)
    assert found(retriever.retrieve("a zebra", top_k=1)) == ["new.txt"]
    write(library.root, {"new.txt": "A zebra was heard."})
    library.sync(mirror=False)
    assert retriever.retrieve("a zebra", top_k=1)[0].passage.text == "A zebra was heard."
    library.remove("new.txt")
    assert "new.txt" not in found(retriever.retrieve("a zebra", top_k=8))
