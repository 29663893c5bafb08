from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.confidence import judge
from assistant.context import with_context
from assistant.features import passage_sentences
from assistant.quoting import NOT_IN_SOURCES, QuotingAnswerer
from assistant.scoring import Scorer
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Event,
    Hit,
    Span,
    StatementEvent,
)
from assistant.weighing import Question
from tests.asking import hit_of, statements_of
from tests.fakes import HashingEncoder, stories


def quoted(text: str, sentence: str, *, passage: str | None = None) -> str:
    """What is quoted for a sentence of a text."""
    hit = hit_of(text, passage)
    [chosen] = [s for s in passage_sentences(hit) if s.text == sentence]
    span = with_context(chosen)
    return text[span.start : span.end]


PLAIN = "The fund holds $40 million. Critics disagree."


@pytest.mark.parametrize("sentence", ["The fund holds $40 million.", "Critics disagree."])
def test_a_sentence_that_stands_alone_is_quoted_alone(sentence: str) -> None:
    assert quoted(PLAIN, sentence) == sentence


@pytest.mark.parametrize("opening", ["He", "She", "It", "They", "This", "Their plan", "Such a fund", "The minister", "“It"])
def test_a_sentence_that_opens_with_a_pronoun_brings_the_one_before(opening: str) -> None:
    sentence = f"{opening} was praised{'” by all' if opening[0] == '“' else ''}."
    before = "Karl Lund leads the project."
    assert quoted(f"Norvia is an island. {before} {sentence} All left.", sentence) == f"{before} {sentence}"


def test_a_chain_of_pronouns_goes_back_two_sentences_at_most() -> None:
    text = "Lund came. He spoke. He sat down. He stood up."
    assert quoted(text, "He sat down.") == "Lund came. He spoke. He sat down."
    assert quoted(text, "He stood up.") == "He spoke. He sat down. He stood up."


@pytest.mark.parametrize(
    "retraction",
    [
        "However, no such vote was ever held.",
        "But that was not true.",
        "Yet the council never voted.",
        "In fact, parliament denied it.",
        "He later withdrew the claim.",
        "However, the vote hadn’t been held.",
    ],
)
def test_a_sentence_that_the_next_takes_back_brings_that_one(retraction: str) -> None:
    claim = "Oskar Hald of Norvia claimed that the old parliament had approved the fund."
    assert quoted(f"It rained. {claim} {retraction} Then all went home.", claim) == f"{claim} {retraction}"


@pytest.mark.parametrize(
    "following",
    [
        "However, the weather was fine.",
        "Nobody came.",
        "But " + "the council of Norvia went on to talk about many other things " * 3 + "and did not vote.",
    ],
    ids=["no negation", "no turn", "too long"],
)
def test_a_sentence_that_goes_on_to_something_else_is_left_out(following: str) -> None:
    claim = "Oskar Hald of Norvia claimed that the old parliament had approved the fund."
    assert quoted(f"{claim} {following}", claim) == claim


def test_a_bare_quotation_brings_its_speaker() -> None:
    text = "It rained. Ferry director Anna Berg spoke to the crew. “We will not buy another engine.” All cheered."
    assert quoted(text, "“We will not buy another engine.”") == "Ferry director Anna Berg spoke to the crew. “We will not buy another engine.”"


def test_a_quotation_with_its_speaker_is_quoted_alone() -> None:
    sentence = "“We will not buy another engine,” ferry director Anna Berg said."
    assert quoted(f"The crew came. {sentence} All cheered.", sentence) == sentence


@pytest.mark.parametrize("between", ["## The ferries", "Advertisement", "Read more", "Share this article"])
def test_nothing_is_brought_across_furniture(between: str) -> None:
    text = f"Karl Lund leads the project. All agree.\n\n{between}\n\nHe was praised. It stands.\n"
    first, second = "Karl Lund leads the project. All agree.", "He was praised. It stands."
    assert quoted(text, "He was praised.", passage=second) == "He was praised."
    assert quoted(text.replace("He was praised.", "However, that is not true."), "All agree.", passage=first) == "All agree."


def test_context_may_come_from_the_paragraph_before() -> None:
    text = "The minister claimed that the fund was approved.\n\nHowever, no such vote was held.\n"
    assert quoted(text, "The minister claimed that the fund was approved.") == text.strip()


SENTENCES = st.lists(
    st.sampled_from(
        ["He left.", "However, no vote was held.", "“We go.”", "The fund grew.", "Mr. Lund said: “No.”", "It is 40% of it.", "But it never came.", "They did."]
    ),
    min_size=1,
    max_size=8,
)


@given(SENTENCES, st.sampled_from([" ", "\n\n", "\n"]))
def test_context_holds_the_sentence_and_adjoining_whole_ones_of_its_document(parts: list[str], blank: str) -> None:
    text = "Head.\n\n" + blank.join(parts) + "\n\nFoot."
    hit = hit_of(text, blank.join(parts))
    found = passage_sentences(hit)
    whole = [s.span for s in passage_sentences(hit_of(text))]
    for sentence in found:
        span = with_context(sentence)
        assert hit.passage.start - len("Head.\n\n") <= span.start <= sentence.span.start < sentence.span.end <= span.end <= len(text)
        assert span.start in {s.start for s in whole}
        assert span.end in {s.end for s in whole}


CLAIM, TAKEN_BACK = "Oskar Hald claimed that the fund was approved.", "However, no such vote was held."


@pytest.mark.parametrize("gap", [" ", "\n\n"])
@pytest.mark.parametrize("filler", ["", "The council of Norvia met in the old hall and spoke of many things that day. " * 12], ids=["short", "long"])
def test_context_reaches_beyond_the_passage(gap: str, filler: str) -> None:
    claimed, took_back = f"{filler}It rained. {CLAIM}", f"{TAKEN_BACK} {filler}".strip()
    assert quoted(f"{claimed}{gap}{took_back}", CLAIM, passage=claimed) == f"{CLAIM}{gap}{TAKEN_BACK}"
    named, taken_up = f"{filler}Karl Lund leads the project.", f"He was praised. {filler}".strip()
    assert quoted(f"{named}{gap}{taken_up}", "He was praised.", passage=taken_up) == f"Karl Lund leads the project.{gap}He was praised."


def test_context_takes_in_no_furniture_beside_the_passage_and_no_front_matter() -> None:
    text = f"---\ntitle: It\n---\nHe was praised.\n\n{CLAIM}\n\n{TAKEN_BACK}"
    assert quoted(text, "He was praised.", passage="He was praised.") == "He was praised."
    hit = hit_of(text, CLAIM)
    assert with_context(passage_sentences(hit)[0]) == Span(text.index(CLAIM), len(text))
    furniture = (Span(text.index(TAKEN_BACK), len(text)),)
    assert with_context(passage_sentences(replace(hit, furniture=furniture))[0]) == Span(hit.passage.start, hit.passage.end)


def test_context_stops_at_a_sentence_that_the_stretch_looked_at_cuts() -> None:
    long = "The council of Norvia, which met in the old hall, spoke of " + "wool and salt and " * 60 + "fish."
    assert quoted(f"{long} He was praised.", "He was praised.", passage="He was praised.") == "He was praised."


# The answerer


def answerer(encoder: Any, hits: Sequence[Hit], **options: Any) -> QuotingAnswerer:
    documents = {hit.document.source: hit.document for hit in hits}
    texts = [hit.passage.text.lower() for hit in hits]
    return QuotingAnswerer(
        Scorer(encoder),
        frequency=lambda words: {word: sum(word in text for text in texts) for word in words},
        n_passages=lambda: len(hits),
        document_by_source=documents.get,
        **options,
    )


def events(encoder: Any, question: str, hits: Sequence[Hit], **options: Any) -> list[Event]:
    return list(answerer(encoder, hits, **options).answer(question, hits))


DECLINED = [AbstainEvent(Abstained(AbstainReason.NOT_IN_SOURCES, NOT_IN_SOURCES))]


@pytest.mark.parametrize("question", ["How large is the fund?", "Summarise the talks", "What is new?"])
def test_nothing_found_is_declined(question: str) -> None:
    assert events(HashingEncoder(), question, []) == DECLINED


def test_what_the_hits_do_not_answer_is_declined(encoder: Any) -> None:
    hits = [hit_of(text, source=name) for name, text in stories(range(5)).items()]
    assert events(encoder, "Who won the chess championship in Atlantis?", hits) == DECLINED


def test_what_is_declined_hangs_on_the_least_confidence() -> None:
    hits = [hit_of("The harbour fund of Norvia holds $40 million. Nobody asked.")]
    question = "How large is the harbour fund of Norvia?"
    assert events(HashingEncoder(), question, hits, min_confidence=1.0) == DECLINED
    assert statements_of(events(HashingEncoder(), question, hits, min_confidence=0.0)) == ["The harbour fund of Norvia holds $40 million."]


def test_where_no_subject_is_named_the_openings_of_the_newest_are_told_whatever_has_the_words_of_the_question(encoder: Any) -> None:
    old = hit_of("The harbour of Norvia was dredged in spring by two ships. What is new is the new news about the new crane.", source="old.txt", published="2024-01-02")
    new = hit_of("The bridge over the Ilm was closed on Monday for repairs. The mayor is on leave.", source="new.txt", published="2024-05-02")
    told = statements_of(events(encoder, "What is new?", [replace(new, rank=1), replace(old, rank=2)]))
    assert told[0] == "The bridge over the Ilm was closed on Monday for repairs."
    assert "The harbour of Norvia was dredged in spring by two ships." in told


TO_CHINA = "Last year's exports of Norvia to China were larger still, at $133 million."


@pytest.mark.parametrize(
    ("other", "both"),
    [
        ("Last year's exports of Norvia to the US were $128 million.", True),
        ("Last year's exports of Norvia to Brazil were $128 million.", False),
        ("Visitors from the US like the old town.", False),
    ],
)
def test_a_question_between_two_names_is_answered_for_both_where_there_is_an_answer_for_both(encoder: Any, other: str, both: bool) -> None:
    hits = [hit_of(TO_CHINA, source="china.txt"), hit_of(other, source="other.txt")]
    question = "Did Norvia export more to China or to the United States last year?"
    assert (other in statements_of(events(encoder, question, hits, min_confidence=0.0))) is both


def test_a_statement_is_its_quote_on_one_line_with_the_citation() -> None:
    hit = hit_of("The harbour fund of the whole island of Norvia\nholds  $40 million. Nobody asked.", source="fund.txt", publisher="Port Gazette")
    [event] = events(HashingEncoder(), "How large is the harbour fund of Norvia?", [hit], min_confidence=0.0)
    assert isinstance(event, StatementEvent)
    [citation] = event.citations
    assert (event.statement.text, event.statement.citations, event.statement.support) == (
        "The harbour fund of the whole island of Norvia holds $40 million.", (1,), "verbatim",
    )  # fmt: skip
    assert (citation.quote, citation.start, citation.end, citation.publisher) == (
        "The harbour fund of the whole island of Norvia\nholds  $40 million.", 0, 66, "Port Gazette",
    )  # fmt: skip


def test_confidence_lies_between_0_and_1_and_is_higher_where_it_is_said(encoder: Any) -> None:
    scorer = Scorer(encoder)

    def of(question: str, text: str) -> float:
        taken_apart = Question(question, lambda words: {w: int(w in text.lower()) for w in words}, 1)
        return judge(taken_apart, scorer.score(taken_apart, [hit_of(text)])).confidence

    said = of("How large is the harbour fund of Norvia?", "The harbour fund of Norvia holds $40 million.")
    near = of("How large is the harbour fund of Norvia?", "The harbour of Norvia was calm on Monday.")
    far = of("Who won the chess championship?", "The harbour of Norvia was calm on Monday.")
    assert 0 < far < near < said < 1


def test_an_overview_takes_different_documents_and_tells_the_newest_first(encoder: Any) -> None:
    texts = {
        "old.txt": ("The harbour of Norvia was dredged by two ships.", "2024-01-05"),
        "undated.txt": ("The harbour of Norvia has a new crane made of steel.", None),
        "new.txt": ("The harbour of Norvia gets a quay wall for ferries.", "2024-05-09"),
        "last.txt": ("The harbour of Norvia closed for a day of storms.", "2024-05-10T20:00"),
    }
    hits = [hit_of(text, source=name, published=day) for name, (text, day) in texts.items()]
    found = events(encoder, "Summarise the news about the harbour of Norvia", hits)
    assert [c.source for e in found if isinstance(e, StatementEvent) for c in e.citations] == ["last.txt", "new.txt", "old.txt", "undated.txt"]


def test_within_a_day_an_overview_tells_the_later_hour_first(encoder: Any) -> None:
    texts = {
        "day.txt": ("The harbour of Norvia was dredged by two ships.", "2024-05-09"),
        "evening.txt": ("The harbour of Norvia gets a quay wall for ferries.", "2024-05-09T20:00"),
        "morning.txt": ("The harbour of Norvia closed for a day of storms.", "2024-05-09T08:00"),
    }
    hits = [hit_of(text, source=name, published=day) for name, (text, day) in texts.items()]
    found = events(encoder, "Summarise the news about the harbour of Norvia", hits)
    assert [c.source for e in found if isinstance(e, StatementEvent) for c in e.citations] == ["evening.txt", "morning.txt", "day.txt"]


def test_an_overview_says_nothing_twice(encoder: Any) -> None:
    text = "The harbour of Norvia gets a new quay wall for its ferries this summer."
    hits = [hit_of(text, source="a.txt", published="2024-01-05"), hit_of(text.replace("gets", "gets now"), source="b.txt", published="2024-01-06")]
    assert len(events(encoder, "Summarise the news about the harbour of Norvia", hits)) == 1


@pytest.mark.parametrize(
    "question",
    ["How many crowns did the turbine cost?", "Summarise the harbour news", "What is new?", "Who said it of the violin?", "When did the comet come?"],
)
def test_no_two_statements_quote_the_same_words(question: str) -> None:
    hits = [hit_of(text, source=name) for name, text in stories(range(8)).items()]
    found = events(HashingEncoder(), question, hits, min_confidence=0.0)
    places = [(c.source, Span(c.start, c.end)) for e in found if isinstance(e, StatementEvent) for c in e.citations]
    assert len(places) == len([e for e in found if isinstance(e, StatementEvent)]) > 0
    assert not [
        (a, b) for i, a in enumerate(places) for b in places[:i] if a[0] == b[0] and a[1].start < b[1].end and b[1].start < a[1].end
    ]


def test_an_overview_quotes_nothing_twice() -> None:
    text = "The harbour fund of Norvia pays for the quay of the harbour. It pays for the harbour of Norvia from a fund."
    found = events(HashingEncoder(), "Summarise the harbour fund of Norvia", [hit_of(text)], min_confidence=0.0)
    assert statements_of(found) == [text]
