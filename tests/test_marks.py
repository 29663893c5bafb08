"""Marks of sentences: the same words give the same mark, drawn from the document alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.marks import (
    Kind,
    Mark,
    fingerprint,
    label_fingerprint,
    marks,
    sentence_spans,
    words,
)
from assistant.types import Document, Passage, Span
from tests.strategies import anything

FILLER = " ".join(f"Sentence {n} of the long middle tells of the {n} ships at anchor." for n in range(12))


def marked(text: str, **stated: str) -> list[Mark]:
    document = Document("d", "a.txt", text, **stated)
    return marks(document, [Passage("d", 0, len(text), text)])[0]


def kinds_of(sentence: str, text: str, **stated: str) -> Kind:
    return dict(marked(text, **stated))[fingerprint(sentence)]


def test_a_fingerprint_is_of_the_words_alone_and_the_same_in_every_process() -> None:
    assert fingerprint("“The Ferry,” sailed.") == fingerprint("the ferry\n sailed") == -5848503516351460406
    assert fingerprint("The ferry sailed.") != fingerprint("The ferry sank.")


def test_words_of_scripts_without_blanks_are_their_characters() -> None:
    assert words("关税谈判 on 9 April") == ["关", "税", "谈", "判", "on", "9", "april"]
    assert words("관세 협상이") == ["관세", "협상이"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The harbour council of Norvia voted for 3 bridges.", Kind.EVIDENCE),
        ("关税谈判开始了。", Kind.EVIDENCE | Kind.BARE),
        ("Nobody was hurt.", Kind.BARE),
        ("The toll was told.", Kind.BARE | Kind.OF_SUBJECT),
        ("Reach her at post@example.org.", Kind.ADDRESSES | Kind.EVIDENCE | Kind.BARE),
        ("Subscribe here.", Kind.ADDRESSES | Kind.BARE),
    ],
)
def test_kinds_of_a_sentence(sentence: str, expected: Kind) -> None:
    assert kinds_of(sentence, f"{FILLER}\n\n{sentence}\n\n{FILLER}", title="A toll at the quay", publisher="Quay") == expected
    assert kinds_of(sentence, f"{FILLER}\n\n{sentence}", title="A toll at the quay", publisher="Quay") == expected | Kind.EDGE


def test_a_sentence_that_stands_inside_too_is_not_marked_as_of_the_edge() -> None:
    assert Kind.EDGE not in kinds_of("Nobody was hurt.", f"Nobody was hurt. {FILLER} Nobody was hurt. {FILLER}")


def test_a_label_has_a_mark_of_its_own() -> None:
    found = dict(marked("Contributing: Port Gazette staff, and the Norvia Courier."))
    label = label_fingerprint("CONTRIBUTING: somebody else altogether.")
    assert found[label] == Kind.LABEL | Kind.ADDRESSES | Kind.EDGE
    assert len(found) == 2
    assert label_fingerprint("No label here.") is None
    assert label_fingerprint("At 10:30 it began.") is None


@given(anything, anything)
def test_marks_of_a_text_do_not_depend_on_what_surrounds_its_passages(before: str, text: str) -> None:
    padded = f"{before}{text}"
    spans = sentence_spans(text, Span(0, len(text)))
    moved = sentence_spans(padded, Span(len(before), len(padded)))
    assert [(s.start + len(before), s.end + len(before)) for s in spans] == moved
    document = Document("d", "a.txt", padded)
    (found,) = marks(document, [Passage("d", len(before), len(padded), text)])
    assert found == marked(text)
    assert {mark.fingerprint for mark in found} >= {fingerprint(text[slice(*s)]) for s in spans if len(words(text[slice(*s)])) > 1}


@given(st.lists(st.sampled_from(["One ship sailed.", "Two ships sank.", "Subscribe here.", "Label: yes."]), max_size=8))
def test_each_fingerprint_is_marked_once_a_passage(chosen: list[str]) -> None:
    found = [mark.fingerprint for mark in marked(" ".join(chosen))]
    assert len(found) == len(set(found))
