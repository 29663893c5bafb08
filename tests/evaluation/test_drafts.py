"""Questions made by rule: each a draft, with evidence that stands in its source and an answer that stands in the evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.evaluation.drafts import (
    Turned,
    about_value,
    base_of,
    by_whom,
    gap,
    how_many_opening,
    plain,
    propose,
    to_lines,
    who,
)
from assistant.evaluation.feedback import from_feedback
from assistant.evaluation.questions import load_questions, parse_question
from tests.asking import NORVIA
from tests.evaluation.conftest import Ground
from tests.fakes import library_in


@pytest.mark.parametrize(
    ("rule", "sentence", "question", "answer"),
    [
        (who, "Trade Minister Ana Ruiz leads the talks.", "Who leads the talks?", "Ana Ruiz"),
        (who, "Ana Ruiz, the trade minister, has left for Oslo.", "Who has left for Oslo?", "Ana Ruiz"),
        (by_whom, "The delegation is expected to be led by Ana Ruiz.", "By whom is the delegation expected to be led?", "Ana Ruiz"),
        (how_many_opening, "Over 15,000 firms operate in the city.", "How many firms operate in the city?", "15,000"),
        (about_value, "The tax was cut to 3.5% in spring.", "To what percentage was the tax cut in spring?", "3.5%"),
        (about_value, "The leaders spoke by telephone for 28 minutes.", "How long did the leaders speak by telephone?", "28 minutes"),
        (about_value, "The pact took effect in 2012.", "When did the pact take effect?", "2012"),
        (about_value, "Exports to China totalled $133 billion.", "How much did Exports to China total?", "$133 billion"),
        (about_value, "The port employs 300 dockers in winter.", "How many dockers does the port employ in winter?", "300"),
        (about_value, "In May, the price rose by 4 euros.", "By how much did the price rise in May?", "4 euros"),
        (gap, "Behind it stand 300 men and a dog.", "Which number is left out: “Behind it stand … men and a dog”?", "300"),
    ],
)  # fmt: skip
def test_a_sentence_is_turned_round(rule, sentence: str, question: str, answer: str) -> None:  # type: ignore[no-untyped-def]
    assert rule(sentence) == Turned(question, answer)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (who, "She leads the talks."),
        (who, "Ana Ruiz and Bo Li lead the talks."),
        (who, "Oslo lies north."),
        (about_value, "It was cut to 3.5%."),
        (about_value, "On Monday he spoke for 28 minutes."),
        (about_value, "The talks were held in private."),
        (gap, "He paid $3."),
        (gap, "Nothing of note."),
    ],
)
def test_what_leans_on_other_sentences_is_left_alone(rule, sentence: str) -> None:  # type: ignore[no-untyped-def]
    assert rule(sentence) is None


def test_what_stands_in_the_way_is_taken_out() -> None:
    assert plain("In May, the tax, a levy on cars, rose by 2%, the office says.") == "The tax rose by 2% in May."


@pytest.mark.parametrize(
    ("past", "base"),
    [("rose", "rise"), ("announced", "announce"), ("planned", "plan"), ("tried", "try"), ("totalled", "total"), ("called", "call"),
     ("wanted", "want"), ("opened", "open"), ("created", "create"), ("passed", "pass"), ("charged", "charge"), ("blue", None)],
)  # fmt: skip
def test_base_of_a_past_tense(past: str, base: str | None) -> None:
    assert base_of(past) == base


def test_drafts_stand_on_the_sources_and_repeat(tmp_path: Path) -> None:
    library = library_in(tmp_path, NORVIA)
    library.sync(mirror=False)
    drafts = propose(library.catalog, 50)
    assert len(drafts) > 10
    assert drafts == propose(library.catalog, 50)
    assert propose(library.catalog, 3) == drafts[:3]
    assert propose(library.catalog, 0) == []
    assert len({draft.id for draft in drafts}) == len(drafts)
    assert len({draft.evidence[0].source for draft in drafts[:6]}) == 6  # from every document in turn
    for draft in drafts:
        document = library.catalog.document_by_source(draft.evidence[0].source)
        assert document is not None
        assert draft.draft
        assert draft.evidence[0].quote in document.text
        assert draft.answers[0] in " ".join(draft.evidence[0].quote.split())


def test_a_draft_counts_once_its_mark_is_gone(tmp_path: Path, ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    assert ground.eval("--draft", "4") == 0
    path = ground.folder / "out" / "drafts.jsonl"
    assert capsys.readouterr().out == f"4 drafts: {path}\n"
    text_of = {source: ground.assistant.library.catalog.document_by_source(source) for source in NORVIA}

    def text(source: str) -> str | None:
        document = text_of.get(source)
        return document.text if document else None

    _, problems = load_questions([path, ground.questions], text_of=text, lenient=True)
    assert len(problems) == 4
    checked = tmp_path / "checked.jsonl"
    checked.write_text(path.read_text().replace(', "draft": true', ""))
    assert len(load_questions([checked], text_of=text)[0]) == 4


def judged(question: str, verdict: str, **answer: object) -> str:
    record = {"question": "And it?", "answer": {"standalone_question": question, "text": "So. [1]", "hits": [], **answer}, "verdict": verdict}
    return json.dumps(record)


def test_the_last_thumb_down_makes_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    hits = [{"source": f"{i}.txt", "text": f"Passage {i}."} for i in range(7)]
    lines = [judged("Good?", "down"), judged("Bad?", "up"), judged("Good?", "up"), judged("Bad?", "down", hits=hits), "{", "[]", '{"answer": 1}']
    path.write_text("\n".join(lines))
    (draft,) = from_feedback(path)
    assert (draft.id, draft.question, draft.draft, draft.evidence) == ("feedback-1", "Bad?", True, ())
    assert draft.extra["answered"] == "So. [1]"
    assert draft.extra["candidates"] == [{"source": f"{i}.txt", "quote": f"Passage {i}."} for i in range(5)]
    assert parse_question(json.loads(to_lines([draft]))).extra["candidates"] == draft.extra["candidates"]


def test_a_thumb_taken_back_makes_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text("\n".join([judged("Good?", "down"), judged("Bad?", "down"), judged("Good?", "none")]))
    assert [draft.question for draft in from_feedback(path)] == ["Bad?"]


def test_feedback_on_a_text_with_line_ends_of_unicode_is_read(tmp_path: Path) -> None:
    assistant = library_in(tmp_path)
    text = "So\u2028it\u2029is\u0085told. [1]"
    record = {"answer": {"standalone_question": "Bad?", "text": text, "hits": [{"source": "a.txt", "text": text}]}, "verdict": "down"}
    Assistant(assistant.settings).feedback(record)
    (draft,) = from_feedback(assistant.settings.keep / "feedback.jsonl")
    assert (draft.extra["answered"], draft.extra["candidates"]) == (text, [{"source": "a.txt", "quote": text}])


def test_line_separators_of_a_source_do_not_lose_feedback_of_an_earlier_version(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    record = json.loads(judged("Bad?", "down"))
    record["answer"]["text"] = "a\u2028b\x85c"
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    assert [draft.extra["answered"] for draft in from_feedback(path)] == ["a\u2028b\x85c"]


def test_without_feedback_there_are_no_drafts(tmp_path: Path) -> None:
    assert from_feedback(tmp_path / "gone.jsonl") == []
