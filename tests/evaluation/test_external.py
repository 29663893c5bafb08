"""`eval/external.py` on made-up records in the public sets' formats: sources and questions that fit together, and figures from the right place."""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.outputs import evaluate
from assistant.evaluation.questions import Question, load_questions
from assistant.evaluation.runs import Result
from assistant.types import Answer, Place, Statement
from tests.evaluation.sets import question, result, write_set
from tests.fakes import ROOT, library_in

URL = "https://news.example/2023/"


@pytest.fixture(scope="module")
def external() -> Any:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("external", ROOT / "eval" / "external.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["external"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["external"]


def pack(path: Path, rows: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))


def arguments(external: Any, read: Path, *more: str) -> argparse.Namespace:
    parsed: argparse.Namespace = external._parser().parse_args(["--read", str(read), *more])
    return parsed


def accepted(folder: Path, ground: Any) -> dict[str, Question]:
    """The questions of a set, by id, once its sources were read from a folder; nothing may be wrong with any of them."""
    library = library_in(folder, ground.sources)
    assert library.sync(mirror=False).failed == ()

    def text_of(source: str) -> str | None:
        document = library.catalog.document_by_source(source)
        return document.text if document else None

    found, problems = load_questions([write_set(folder / "set.jsonl", ground.questions)], text_of=text_of)
    assert problems == []
    return {question.id: question for question in found}


# News


def article(name: str, text: str, published: str, title: str = "A title") -> dict[str, str]:
    return {"id": URL + name, "title": title, "published": published, "text": text}


def asked(id: str, day: str, text: str, answer: str, *retrieved: str) -> dict[str, Any]:
    names = [URL + name for name in retrieved]
    return {"id": id, "date": day, "question": text, "choices": [answer, "none"], "answer": answer, "evidence": "", "retrieved": names}


ARTICLES = [
    article("harbour", "The harbour of Norvia was dredged by Karl Lund.", "2023-01-02", 'Quay: "deep" 🚢'),
    article("ferry", "The ferry Elster carries 300 people.", "2023-01-03"),
    article("old", "Nothing happened at the quay of Norvia.", "2023-01-01"),
    article("late", "The mayor of Norvia is Ana Ruiz.", "2023-03-01"),
    article("later", "The bridge of Norvia opened on a Sunday.", "2023-03-05"),
]
ASKED = [
    asked("lund", "2023-01-03", "Who dredged the harbour?", "Karl Lund", "old", "harbour", "gone"),
    asked("people", "2023-01-04", "How many people does the Elster carry?", "300", "ferry"),
    asked("true", "2023-01-04", "Is the quay deep?", "True", "harbour"),
    asked("nobody", "2023-01-04", "Who is the cook?", "Bo Li", "harbour"),
    asked("mayor", "2023-03-02", "Who is the mayor of Norvia?", "Ana Ruiz", "late"),
    asked("known", "2023-03-06", "Who dredged the old harbour?", "Karl Lund", "later"),
    asked("soon", "2023-01-10", "Who sank the ferry boat?", "Oskar Hald", "later"),
]


@pytest.fixture
def news(tmp_path: Path) -> Path:
    pack(tmp_path / "read" / "news-qa" / "2023-articles.jsonl.gz", ARTICLES)
    pack(tmp_path / "read" / "news-qa" / "2023-questions.jsonl.gz", ASKED)
    return tmp_path / "read"


def file_of(name: str) -> str:
    return f"news-example-2023-{name}.txt"


def test_news_are_asked_where_a_listed_article_holds_the_answer(external: Any, news: Path, tmp_path: Path) -> None:
    ground = external.SETS["news-2023"](arguments(external, news))
    found = accepted(tmp_path, ground)
    assert {name: (q.answers, q.gold_sources, q.answerable) for name, q in found.items()} == {
        "lund": (("Karl Lund",), (file_of("harbour"),), True),
        "people": (("300",), (file_of("ferry"),), True),
        "mayor": (("Ana Ruiz",), (file_of("late"),), True),
    }
    assert set(ground.sources) == {file_of(each["id"].removeprefix(URL)) for each in ARTICLES}


def test_a_sample_of_news_holds_what_answers_and_repeats(external: Any, news: Path) -> None:
    few = arguments(external, news, "--questions", "2", "--articles", "1")
    ground = external.SETS["news-2023"](few)
    assert len(ground.questions) == 2
    assert sorted(ground.sources) == sorted({source for each in ground.questions for source in each["gold_sources"]})
    assert external.SETS["news-2023"](few).questions == ground.questions


def test_an_article_is_laid_out_with_title_and_date(external: Any, news: Path, tmp_path: Path) -> None:
    ground = external.SETS["news-2023"](arguments(external, news))
    library = library_in(tmp_path, ground.sources)
    library.sync(mirror=False)
    document = library.catalog.document_by_source(file_of("harbour"))
    assert document is not None
    assert (document.title, document.published) == ('Quay: "deep" 🚢', "2023-01-02")
    assert document.text.strip().endswith("The harbour of Norvia was dredged by Karl Lund.")


def test_news_of_after_the_index_cannot_be_answered_from_it(external: Any, news: Path, tmp_path: Path) -> None:
    """The middle question is of 4 January: older articles are indexed; asked of after is from a week later, unless an old article knows."""
    ground = external.news_abstention(arguments(external, news))
    found = accepted(tmp_path, ground)
    assert set(ground.sources) == {file_of("harbour"), file_of("ferry"), file_of("old")}
    assert {name: (q.answerable, q.answers, q.gold_sources) for name, q in found.items()} == {
        "lund": (True, ("Karl Lund",), (file_of("harbour"),)),
        "people": (True, ("300",), (file_of("ferry"),)),
        "mayor": (False, (), ()),
    }


def test_the_last_quarter_is_asked_of_its_own_articles(external: Any, tmp_path: Path) -> None:
    autumn = [
        article("early", "The mayor of Norvia is Ana Ruiz.", "2024-09-30"),
        article("ferry", "The ferry Elster carries 300 people. It is blue.", "2024-10-01"),
        article("late", "The mayor of Norvia is Bo Li.", "2024-12-01"),
    ]
    questions = [
        asked("mayor", "2024-12-02", "Who is the mayor of Norvia?", "Bo Li", "late"),
        asked("people", "2024-10-04", "How many people does the Elster carry?", "300", "ferry"),
        asked("before", "2024-09-30", "Who is the mayor of Norvia?", "Ana Ruiz", "early"),
        asked("outside", "2024-10-05", "Who was the mayor of Norvia?", "Ana Ruiz", "early"),
    ]
    pack(tmp_path / "read" / "news-qa" / "2024-articles.jsonl.gz", autumn)
    pack(tmp_path / "read" / "news-qa" / "2024-questions.jsonl.gz", questions)
    ground = external.news_quarter(arguments(external, tmp_path / "read"))
    found = accepted(tmp_path, ground)
    assert set(found) == {"mayor", "people"}
    assert len(ground.sources) == 2
    told = [
        Result(found["mayor"], Answer("", "", (Statement("The mayor of Norvia is Bo Li.", (1,)),))),
        Result(found["people"], Answer("", "", (Statement("It is blue.", (1,)), Statement("The ferry Elster carries 300 people.", (2,))))),
    ]
    assert ground.extra(told) == {"the first statement holds the answer": 0.5}


# The other sets


PARAGRAPH = "The Ilm is a river. It rises in 1,000 metres, near Norvia, and is 80 km long. Ships use it."


def test_squad_has_answers_with_their_sentences_and_questions_without(external: Any, tmp_path: Path) -> None:
    rows = [
        {"id": "length", "group": "g", "question": "How long is the Ilm?", "context": PARAGRAPH,
         "answers": [{"text": "80 km", "start": PARAGRAPH.index("80 km")}, {"text": "80 km long", "start": PARAGRAPH.index("80 km")},
                     {"text": "80 km", "start": PARAGRAPH.index("80 km")}]},
        {"id": "wide", "group": "g", "question": "How wide is the Ilm?", "context": PARAGRAPH, "answers": []},
        {"id": "quay", "group": "h", "question": "What is long?", "context": "The quay is long.", "answers": [{"text": "The quay", "start": 0}]},
    ]  # fmt: skip
    pack(tmp_path / "read" / "squad2" / "dev-part.jsonl.gz", rows)
    ground = external.squad2(arguments(external, tmp_path / "read"))
    found = accepted(tmp_path, ground)
    assert sorted(ground.sources.values()) == [PARAGRAPH, "The quay is long."]
    assert {name: (q.answerable, q.answers, [e.quote for e in q.evidence]) for name, q in found.items()} == {
        "length": (True, ("80 km", "80 km long"), ["It rises in 1,000 metres, near Norvia, and is 80 km long."]),
        "wide": (False, (), []),
        "quay": (True, ("The quay",), ["The quay is long."]),
    }
    assert [ground.sources[found["length"].evidence[0].source], ground.sources[found["quay"].evidence[0].source]] == [PARAGRAPH, "The quay is long."]
    assert len(external.squad2(arguments(external, tmp_path / "read", "--questions", "2")).questions) == 2


def test_ramdocs_wants_every_right_answer_that_stands_in_a_right_document(external: Any, tmp_path: Path) -> None:
    documents = [
        {"text": "Broken Bow has 3,559 people.", "type": "correct", "answer": "3,559 people"},
        {"text": "Broken Bow has 10,000 people.", "type": "misinfo", "answer": "10,000 people"},
        {"text": "Broken Bow has hills.", "type": "noise", "answer": "unknown"},
    ]
    one = {"question": "How many live in Broken Bow?", "documents": documents, "disambig_entity": ["Broken Bow"],
           "gold_answers": ["3,559 people", "4,000 people"], "wrong_answers": ["10,000 people"]}  # fmt: skip
    agreed = {**one, "documents": documents[:1], "gold_answers": ["3,559 people"], "wrong_answers": []}
    nowhere = {**one, "documents": documents[1:]}
    pack(tmp_path / "read" / "ramdocs" / "even.jsonl.gz", [one, agreed, nowhere])
    ground = external.ramdocs(arguments(external, tmp_path / "read"))
    found = sorted(accepted(tmp_path, ground).values(), key=lambda q: q.tags)
    assert [(q.tags, q.must_include, q.extra["wrong_answers"]) for q in found] == [
        ((), ("3,559 people",), []),
        (("conflict",), ("3,559 people",), ["10,000 people"]),
    ]
    assert [[ground.sources[name] for name in q.gold_sources] for q in found] == [["Broken Bow has 3,559 people.\n"]] * 2
    assert len(ground.sources) == 6  # the documents of a question that is not asked are there to mislead


def test_summhay_keeps_the_documents_of_each_insight(external: Any, tmp_path: Path) -> None:
    for name in ("news1", "news2"):
        insights = [{"id": "i", "insight": "The quay is long.", "documents": ["a", "b"]}, {"id": "j", "insight": "The tide is high.", "documents": ["b"]}]
        topic = {"topic": "Quays", "documents": [{"id": "a", "text": "The quay is long."}, {"id": "b", "text": "Long is the quay. The tide is high."}],
                 "queries": [{"id": f"q-{name}", "query": "What of the quay?", "insights": insights}]}  # fmt: skip
        pack(tmp_path / "read" / "summhay" / f"{name}.json.gz", [topic])
    ground = external.summhay(arguments(external, tmp_path / "read"))
    found = accepted(tmp_path, ground)
    assert sorted(ground.sources) == ["news1-a.txt", "news1-b.txt", "news2-a.txt", "news2-b.txt"]
    assert found["q-news2"].question == "Summarise what the articles say on this: What of the quay"
    assert found["q-news2"].gold_sources == ("news2-a.txt", "news2-b.txt")
    assert found["q-news2"].extra["insights"] == [
        {"insight": "The quay is long.", "sources": ["news2-a.txt", "news2-b.txt"]}, {"insight": "The tide is high.", "sources": ["news2-b.txt"]},
    ]  # fmt: skip


# What is printed


def table(external: Any, capsys: pytest.CaptureFixture[str], results: list[Result], names: Sequence[str], **more: Any) -> dict[str, list[str]]:
    """The printed rows: label to count and value."""
    ground = external.Ground("made-up", {}, [], tuple(names), ("43.2 elsewhere",), **more)
    run = {"corpus": {"documents": 7, "passages": 9}, "model": {}}
    external._report(ground, evaluate([results], run), results)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["", f"made-up: {len(results)} questions on 7 documents, 9 passages"]
    assert lines[2].split() == ["n", "here"]
    assert lines[-1] == "  published: 43.2 elsewhere"
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines[3:-1]]
    return {row[0]: [row[1], row[2].split()[0]] for row in rows}


def test_each_figure_is_printed_under_its_own_label(external: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Four answerable questions and two others, answered so that no two figures are the same."""
    results = [
        result(question("a"), cited=[0], hits=[0, 1], evidence=[0], answer="42"),
        result(question("b"), cited=[0, 1], hits=[1, 0], evidence=[0], answer="the 42 crowns"),
        result(question("c"), cited=[2], hits=[2, 3], evidence=[0], answer="old"),
        result(question("d"), declined=True, hits=[0], evidence=[0]),
        result(question("e", answerable=False), declined=True),
        result(question("f", answerable=False), cited=[3]),
    ]
    names = ("right", "contains", "exact", "f1", "hit@1", "hit@5", "mrr@10", "citation_precision", "declined", "refused", "abstention_precision", "both_sides")
    assert table(external, capsys, results, names) == {
        "right": ["6", "50.0"],  # a, b, e
        "contains an expected answer": ["4", "50.0"],
        "short answer, exact match": ["4", "25.0"],
        "short answer, token F1": ["4", "41.7"],  # (1 + 2/3) / 4
        "hit@1": ["4", "50.0"],
        "hit@5": ["4", "75.0"],
        "MRR@10": ["4", "62.5"],  # (1 + 1/2 + 0 + 1) / 4
        "citation precision": ["3", "50.0"],  # (1 + 1/2 + 0) / 3
        "unanswerable questions declined": ["2", "50.0"],
        "answerable questions refused": ["4", "25.0"],
        "declining, precision": ["2", "50.0"],
    }


def test_of_ramdocs_every_right_answer_and_no_wrong_one(external: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of four: one says both right answers, one a wrong one too, one half, one nothing."""
    both = question("both", answers=[], must_include=["42 crowns", "old"], wrong_answers=["high"], tags=["conflict"])
    results = [
        result(both, cited=[0, 2]),
        result(replace(both, id="wrong too"), cited=[0, 2, 3]),
        result(replace(both, id="half"), cited=[0]),
        result(replace(both, id="nothing"), declined=True),
    ]
    found = table(external, capsys, results, ["both_sides"], extra=external._all_right_and_none_wrong)
    assert found == {"both sides of a disagreement shown": ["4", "50.0"], "every right answer and no wrong one": ["4", "25.0"]}


def test_of_summhay_coverage_and_the_citations_of_what_is_covered(external: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of four insights are covered, cited with F1 1/2 (one of three is right) and 2/3 (two of four are there); copies of what is cited count as cited."""
    insights = [
        {"insight": "The quay is long.", "sources": ["made-up.txt"]},
        {"insight": "The tide is high.", "sources": ["made-up.txt", "copy.txt", "other.txt", "fourth.txt"]},
        {"insight": "The fund bought several ferries yesterday.", "sources": ["made-up.txt"]},
        {"insight": "Nobody swims.", "sources": ["made-up.txt"]},
    ]
    asked = question("q", answers=[], gold_sources=["made-up.txt"], insights=insights)
    given = result(asked, cited=[1, 3])
    first, second = given.answer.citations
    wrong = (Place("wrong.txt", 0, 17), Place("wrong too.txt", 0, 17))
    answer = replace(given.answer, citations=(replace(first, also_in=wrong), replace(second, also_in=(Place("copy.txt", 0, 17),))))
    found = table(external, capsys, [replace(given, answer=answer)], [], extra=external._coverage)
    assert found == {"insights covered": ["1", "50.0"], "citation F1 of those": ["1", "58.3"], "joint score": ["1", "29.2"]}
    declined = table(external, capsys, [result(asked, declined=True)], [], extra=external._coverage)
    assert {name: value for name, (_, value) in declined.items()} == {"insights covered": "0.0", "citation F1 of those": "0.0", "joint score": "0.0"}


def test_without_the_sets_it_says_so(external: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["external.py", "--read", str(tmp_path / "gone")])
    assert external.main() == 0
    assert capsys.readouterr().out == f"The sets are not here: {tmp_path / 'gone'}. See --read.\n"


def test_the_folder_holds_just_the_set_and_what_is_the_same_stays_untouched(external: Any, tmp_path: Path) -> None:
    external._lay_out(tmp_path / "sources", {"a.txt": "one\r\n", "b.txt": "two"})
    before = (tmp_path / "sources" / "a.txt").stat().st_mtime_ns
    external._lay_out(tmp_path / "sources", {"a.txt": "one\r\n", "c.txt": "three"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "sources").iterdir()} == {"a.txt": b"one\r\n", "c.txt": b"three"}
    assert (tmp_path / "sources" / "a.txt").stat().st_mtime_ns == before
