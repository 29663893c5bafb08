"""Words -> passages: by stem, whatever the query is made of and in whatever order documents came in."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.catalog import Catalog
from assistant.fulltext import document_frequency, match
from tests.fakes import matches, put


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog.sqlite").open()


def test_words_are_matched_by_stem_without_case_and_accents(catalog: Catalog) -> None:
    put(catalog, "a.txt", "Negotiators met in the Café.", "A bridge.")
    for query in ("negotiator", "MEETING negotiators", "cafe", "cafés", "where is the café"):
        assert matches(catalog, query) == ["Negotiators met in the Café."]


def test_rarer_words_count_for_more(catalog: Catalog) -> None:
    put(catalog, "a.txt", "harbour one here", "harbour two here", "harbour three here", "bridge four here", "river five here", "moon six here")
    assert matches(catalog, "harbour bridge")[0] == "bridge four here"
    assert len(matches(catalog, "harbour bridge")) == 4


def test_a_word_of_the_title_finds_the_passages(catalog: Catalog) -> None:
    put(catalog, "a.txt", "One here.", title="The lantern")
    put(catalog, "b.txt", "Two here.")
    assert matches(catalog, "lantern") == ["One here."]


@pytest.mark.parametrize("query", ["", "!?", '"', 'a" OR "b', "text: x", "NEAR(a b)", "a*", "^a", "(", "-", "AND", "___", "🚢", "\x00"])
def test_no_query_is_syntax(catalog: Catalog, query: str) -> None:
    put(catalog, "a.txt", "The harbour.")
    assert matches(catalog, query) == []


def test_a_query_of_a_thousand_words_is_answered(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.")
    assert matches(catalog, " ".join(f"word{n}" for n in range(1000)) + " harbour") == ["The harbour."]


def test_a_query_of_stopwords_alone_is_looked_up_as_it_is(catalog: Catalog) -> None:
    put(catalog, "a.txt", "To be or not to be.", "A harbour.")
    assert matches(catalog, "to be or not to be") == ["To be or not to be."]


def test_what_ties_at_the_cut_is_left_out_whatever_the_order(catalog: Catalog, tmp_path: Path) -> None:
    paragraphs = ["harbour harbour harbour one", *(f"harbour {word} day" for word in "two three four five six seven".split())]
    put(catalog, "a.txt", *paragraphs)
    other = Catalog(tmp_path / "other.sqlite").open()
    put(other, "a.txt", *reversed(paragraphs))
    assert matches(catalog, "harbour", limit=3) == matches(other, "harbour", limit=3) == [paragraphs[0]]
    assert sorted(matches(catalog, "harbour", limit=7)) == sorted(paragraphs)


def test_when_all_tie_the_search_goes_wider(catalog: Catalog) -> None:
    paragraphs = [f"harbour {word}" for word in "two three four five".split()]
    put(catalog, "a.txt", *paragraphs)
    assert sorted(matches(catalog, "harbour", limit=2)) == sorted(paragraphs)


def test_only_allowed_documents_are_matched_with_the_scores_that_they_have_among_all(catalog: Catalog) -> None:
    documents = [put(catalog, f"{n}.txt", "The harbour." + f" Day {n} was long." * n, "A harbour bridge.") for n in range(8)]
    scores = dict(match(catalog, "harbour bridge", limit=99, title_weight=0.5))
    assert len(scores) == 16
    for allowed in ({documents[7].id}, {document.id for document in documents[1:]}, set[str]()):
        found = match(catalog, "harbour bridge", limit=99, title_weight=0.5, allowed=allowed)
        assert dict(found) == {row: score for row, score in scores.items() if row.document_id in allowed}
    # Of the last document alone, though the passages of seven others come before; and its best one where the cut falls between them.
    last = [row for row in scores if row.document_id == documents[7].id]
    assert [row for row, _ in match(catalog, "harbour bridge", limit=2, title_weight=0.5, allowed={documents[7].id})] == last
    assert [row for row, _ in match(catalog, "harbour bridge", limit=1, title_weight=0.5, allowed={documents[7].id})] == last[:1]


def test_when_all_allowed_tie_the_search_goes_wider_among_them(catalog: Catalog) -> None:
    put(catalog, "a.txt", *(f"harbour {word}" for word in "two three four five".split()))
    allowed = put(catalog, "b.txt", *(f"harbour {word}" for word in "six seven eight".split())).id
    assert {row.document_id for row, _ in match(catalog, "harbour", limit=2, title_weight=0.5, allowed={allowed})} == {allowed}
    assert len(match(catalog, "harbour", limit=2, title_weight=0.5, allowed={allowed})) == 3


def test_document_frequency_counts_passages_by_stem_in_the_text_alone(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.", "Two harbours and a bridge.", title="Bridges and lanterns")
    assert document_frequency(catalog, ["harbour", "bridges", "lantern"]) == {"harbour": 2, "bridges": 1, "lantern": 0}
