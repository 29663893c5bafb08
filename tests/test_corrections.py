"""A later version of the same article is quoted in place of the earlier one, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.corrections import Corrections, is_later, same_title, stands_in, supersedes
from assistant.records import DocumentSummary
from assistant.types import Filters
from tests.asking import AssistantWith, assistant_in, report
from tests.fakes import stories, write

BODY = (
    "Finance minister Karl Lund said on Monday that the port fund of Norvia holds {} million. He added that the money would be spent on "
    "the eastern quay before winter. The council had asked for a wider plan in the spring of last year. Opponents wanted the schools to "
    "be paid first. The vote was close after a long debate in the chamber."
)
QUESTION = "How large is the port fund of Norvia?"
OLD, NEW = (f"Finance minister Karl Lund said on Monday that the port fund of Norvia holds {n} million." for n in ("$40", "$44"))
VERSIONS = {
    "old.md": report(BODY.format("$40"), title="Norvia sets up a port fund", published="2024-05-02", publisher="Gazette"),
    "new.md": report(BODY.format("$44"), title="'Correction: Norvia sets up a port fund'", published="2024-05-04", publisher="Gazette"),
}
NOTICE = (
    "“Norvia sets up a port fund” of 2 May 2024 is superseded by its version of 4 May 2024 (new.md), which is used here. "
    f"The older one said: “{OLD}” To read it: assistant show old.md"
)


def summary(source: str, **stated: Any) -> DocumentSummary:
    return DocumentSummary(**{
        "id": source, "source": source, "title": "The fund", "publisher": "Gazette", "author": None, "published": None, "url": None,
        "n_passages": 1, **stated,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("newer", "older", "share", "expected"),
    [
        ({"published": "2024-05-04"}, {"published": "2024-05-02"}, 0.6, True),
        ({"published": "2024-05-04"}, {"published": "2024-05-02"}, 0.59, False),
        ({"published": "2024-05-02"}, {"published": "2024-05-04"}, 1.0, False),
        ({"published": "2024-05-02"}, {"published": "2024-05-02"}, 1.0, False),
        ({"published": "2024-05-04"}, {}, 1.0, False),
        ({}, {"published": "2024-05-02"}, 1.0, False),
        ({"published": "2024-05-04", "publisher": "Courier"}, {"published": "2024-05-02"}, 1.0, False),
        ({"published": "2024-05-04", "publisher": None}, {"published": "2024-05-02", "publisher": None}, 1.0, False),
        ({"published": "2024-05-04", "title": "Quite another"}, {"published": "2024-05-02"}, 1.0, False),
        ({"published": "2024-05-04", "url": "http://a.example/x?utm_source=b#c"}, {"published": "2024-05-02", "url": "https://www.a.example/x/"}, 0.5, True),
        ({"published": "2024-05-04", "url": " http://[x "}, {"published": "2024-05-02", "url": "http://[x"}, 0.5, True),
        ({"published": "2024-05-04", "url": "http://a.example/x?week=15"}, {"published": "2024-05-02", "url": "http://a.example/x?week=14"}, 0.5, False),
        (
            {"published": "2024-05-04", "url": "http://a.example/x", "title": "Other", "publisher": None},
            {"published": "2024-05-02", "url": "http://a.example/x"},
            0.5,
            True,
        ),
        ({"published": "2024-05-04", "url": "http://a.example/x"}, {"published": "2024-05-02", "url": "http://a.example/x"}, 0.4, False),
    ],
)
def test_what_supersedes(newer: dict[str, Any], older: dict[str, Any], share: float, expected: bool) -> None:
    assert supersedes(summary("new", **newer), summary("old", **older), share) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2024-05-02", "2024-05-01", True),
        ("2024-05-02T10:00", "2024-05-02T09:00", True),
        ("2024-05-02T10:00", "2024-05-02", False),
        ("2024-05-02T10:00+09:00", "2024-05-02T09:00+00:00", False),
        ("2024-05-03T10:00+09:00", "2024-05-02T09:00+00:00", True),
        (None, "2024-05-02", False),
        ("2024-05-02", None, False),
    ],
)
def test_later_must_be_sure(one: str | None, other: str | None, expected: bool) -> None:
    assert is_later(one, other) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("UPDATED: Port fund set up", "Port fund set up", True),
        ("Port fund of Norvia set up", "Port fund of Norvia is set up", True),
        ("Phil's shadow in 2019", "Phil's shadow in 2020", False),
        ("Port fund", "Port strike", False),
        (None, None, False),
    ],
)
def test_same_title(one: str | None, other: str | None, expected: bool) -> None:
    assert same_title(one, other) is expected


def test_words_stand_in_a_text_whatever_their_spacing() -> None:
    assert stands_in("the  fund,\nholds", "So the fund holds 4.")
    assert not stands_in("fund holds 4", "So the fund holds 44.")


@pytest.fixture(scope="module")
def norvia(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    return assistant_in(tmp_path_factory.mktemp("norvia"), encoder, {**VERSIONS, **stories([1, 2])})


def test_the_later_version_is_quoted_and_the_answer_says_so(norvia: AssistantWith) -> None:
    answer = norvia.ask(QUESTION)
    assert [(statement.text, answer.citations[0].source) for statement in answer.statements] == [(NEW, "new.md")]
    assert answer.notices == (NOTICE,)
    assert "old.md" not in {hit.document.source for hit in answer.hits}
    assert norvia.ask(QUESTION).notices == (NOTICE,)


def test_what_the_earlier_version_said_otherwise_is_told_though_its_sentence_answers_less_well(tmp_path: Path, encoder: Any) -> None:
    """With the earlier version among the hits the later one's sentence still comes first: the notice rests on the two sentences."""
    files = {
        name: report(
            f"The port fund of Norvia {holds} million, the minister said. {BODY.partition('. ')[2]}",
            title="Norvia sets up a port fund", published=f"2024-05-0{day}", publisher="Gazette",
        )
        for name, holds, day in (("old.md", "will not hold $44", 2), ("new.md", "will hold $44", 4))
    }  # fmt: skip
    answer = assistant_in(tmp_path, encoder, files).ask("What will the port fund of Norvia hold?")
    assert [answer.citations[0].source] == ["new.md"]
    assert answer.notices == (NOTICE.replace(OLD, "The port fund of Norvia will not hold $44 million, the minister said."),)


def test_nothing_is_said_where_the_later_version_has_the_same_words(norvia: AssistantWith) -> None:
    answer = norvia.ask("Who wanted the schools to be paid first?")
    assert [(s.text, answer.citations[0].source) for s in answer.statements] == [("Opponents wanted the schools to be paid first.", "new.md")]
    assert answer.notices == ()


@pytest.mark.parametrize("filters", [Filters(sources=("old.md",)), Filters(until="2024-05-03")])
def test_the_earlier_version_answers_where_the_later_is_left_out(norvia: AssistantWith, filters: Filters) -> None:
    answer = norvia.ask(QUESTION, filters=filters)
    assert [(statement.text, answer.citations[0].source) for statement in answer.statements] == [(OLD, "old.md")]
    assert [notice for notice in answer.notices if "superseded" in notice] == []


def test_search_finds_both_and_the_library_says_which_is_superseded(norvia: AssistantWith) -> None:
    found = [hit.document.source for hit in norvia.search("port fund of Norvia", top_k=2)]
    assert sorted(found) == ["new.md", "old.md"]
    assert norvia.superseded() == {"old.md": "new.md"}


def test_what_is_new_leaves_superseded_documents_out(norvia: AssistantWith) -> None:
    assert "old.md" not in {hit.document.source for hit in norvia.ask("What is new?").hits}


@pytest.mark.parametrize("order", [("old.md", "new.md"), ("new.md", "old.md")])
def test_the_order_of_adding_does_not_matter_and_removing_the_later_brings_the_earlier_back(
    tmp_path: Path, encoder: Any, order: tuple[str, str]
) -> None:
    assistant = assistant_in(tmp_path, encoder)
    corrections = Corrections(assistant.library.catalog)
    for source in order:
        assert corrections.among(None) == {}
        write(assistant.library.root, {source: VERSIONS[source]})
        assistant.library.sync(mirror=False)
    ids = {document.source: document.id for document in assistant.documents()}
    assert {older: newer.source for older, newer in corrections.among(None).items()} == {ids["old.md"]: "new.md"}
    assert corrections.among({ids["old.md"]}) == {}
    assistant.library.remove("new.md")
    assert corrections.among(None) == {}


def test_of_three_versions_the_last_is_used(tmp_path: Path, encoder: Any) -> None:
    last = report(BODY.format("$46"), title="Norvia sets up a port fund", published="2024-05-09", publisher="Gazette")
    assistant = assistant_in(tmp_path, encoder, {**VERSIONS, "last.md": last})
    assert assistant.superseded() == {"old.md": "last.md", "new.md": "last.md"}


def test_pages_of_one_address_that_differ_in_what_is_asked_of_it_are_all_quoted(tmp_path: Path, encoder: Any) -> None:
    counted = (
        "The bulletin counts every ship that calls at one of the nine ports of Norvia. Figures are given by the harbour masters each Monday and "
        "checked by the ministry. A ship that calls at two ports is counted twice in the tables of this bulletin."
    )
    weeks = {
        f"week-{week}.md": report(
            f"In week {week} a total of {n} ships called at the ports of Norvia. {counted}",
            title=f"Week {week} in the ports", published=f"2025-04-{day}", publisher="Ministry",
        ).replace("title:", f"url: https://ports.example/bulletin.php?week={week}\ntitle:")
        for week, n, day in ((14, 412, "07"), (15, 388, "14"))
    }  # fmt: skip
    assistant = assistant_in(tmp_path, encoder, weeks)
    assert assistant.superseded() == {}
    assert assistant.ask("How many ships called at the ports of Norvia in week 14?").citations[0].source == "week-14.md"


def test_a_syndicated_copy_a_series_and_a_live_page_supersede_nothing(tmp_path: Path, encoder: Any) -> None:
    files = {
        "old.md": VERSIONS["old.md"],
        "syndicated.md": report(BODY.format("$40"), title="Norvia sets up a port fund", published="2024-05-05", publisher="Courier"),
        "undated.md": report(BODY.format("$41"), title="Norvia sets up a port fund", publisher="Gazette"),
        "live.md": report(
            "Winds of the east have closed the northern ferry line today. " + " ".join(f"The harbour of quay {n} has opened again after noon." for n in range(9)),
            title="Norvia sets up a port fund", published="2024-05-06", publisher="Gazette",
        ),
    }  # fmt: skip
    assert assistant_in(tmp_path, encoder, files).superseded() == {}
