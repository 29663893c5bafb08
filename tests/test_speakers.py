from __future__ import annotations

import pytest

from assistant.features import passage_sentences
from assistant.speakers import Speaker
from assistant.weighing import Question
from tests.asking import hit_of

TEXT = (
    "The ferries will stop in June, Port Minister Karl Lund said on Monday. He added that refunds would follow. "
    "“Nobody will lose money.” The unions want more. "
    "Speaking after Lund, the union leader Maria Stein called the plan a disgrace. “It is an insult,” she said. "
    "Lund was seen leaving early."
)
LUND = ["The ferries will stop in June, Port Minister Karl Lund said on Monday.", "He added that refunds would follow.", "“Nobody will lose money.”"]
STEIN = ["Speaking after Lund, the union leader Maria Stein called the plan a disgrace.", "“It is an insult,” she said."]


def speaker_of(question: str) -> Speaker:
    return Speaker(Question(question, lambda words: dict.fromkeys(words, 1), 10))


def words_of(question: str, text: str = TEXT) -> list[str]:
    speaker = speaker_of(question)
    return [sentence.text for sentence in passage_sentences(hit_of(text)) if speaker.says(sentence)]


@pytest.mark.parametrize("question", ["What did Karl Lund say about the ferries?", "What has Lund said?", "what did karl lund say about the ferries"])
def test_words_of_a_person_are_those_named_with_a_verb_and_those_a_pronoun_takes_up(question: str) -> None:
    assert [text for text in words_of(question) if text not in STEIN] == LUND


def test_whom_somebody_speaks_after_or_to_does_not_speak() -> None:
    assert words_of("What did Maria Stein say about the plan?") == STEIN
    assert words_of("What did Karl Lund say?") == LUND
    assert words_of("What did Karl Lund say?", "Maria Stein told Karl Lund that the plan was dead. She asked Lund to resign.") == []


@pytest.mark.parametrize("text", ["According to Karl Lund, the ferries will stop.", "The ferries will stop, according to Lund."])
def test_what_is_so_according_to_somebody_is_his(text: str) -> None:
    assert words_of("What did Karl Lund say about the ferries?", text) == [text]
    assert words_of("What did Maria Stein say about the ferries?", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "According to critics of Karl Lund, the ferries are old.",
        "Lund's critics said the ferries were old.",
        "Karl Lund’s spokesman said the ferries would stop.",
        "On Monday the critics of Lund said the ferries were old.",
        "Maria Stein told CNN that Karl Lund's plan would fail.",
        "Stein told CNN that Karl Lund would fail.",
        "Lund was warned by economists that the ferries would stop.",
        "Port Minister Karl Lund has been repeatedly urged to resign, the unions said.",
        "Karl Lund, the port minister, was described as tired, Stein said.",
        "Lund was mocked by Stein, who called the plan a disgrace.",
    ],
)
@pytest.mark.parametrize("question", ["What did Karl Lund say?", "what did lund say"])
def test_what_is_said_of_or_to_somebody_is_not_his(question: str, text: str) -> None:
    assert words_of(question, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Lund was asked about the ferries and said they would stop.",
        "Lund's letter said the ferries would stop.",
        "Asked about that, Karl Lund smiled and said it was late.",
        "Reuters reported that on Monday Karl Lund told the crew to stay.",
        "Lund's plan failed. He said it was late.",
        "Lund was asked about the plan. He said it was late.",
        "On Monday Karl Lund's plan failed. He said it was late.",
    ],
)
@pytest.mark.parametrize("question", ["What did Karl Lund say?", "what did lund say"])
def test_who_is_asked_or_owns_may_speak_after_that(question: str, text: str) -> None:
    assert words_of(question, text) == [text.rpartition("failed. " if "failed." in text else "plan. ")[2]]


@pytest.mark.parametrize("question", ["what did the port minister of norvia warn of", "What did Norvia's Port Minister say?"])
def test_whom_a_country_has_speaks_himself(question: str) -> None:
    text = "Norvia's port minister, Karl Lund, warned of storms."
    assert words_of(question, text) == [text]


def test_nobody_says_what_nobody_is_named_with() -> None:
    assert words_of("What did Ada Berg say about the ferries?") == []


@pytest.mark.parametrize("question", ["What do critics say about Karl Lund?", "When did Karl Lund speak?", "What does Karl Lund call the plan?"])
def test_question_for_nobodys_words_has_no_speaker(question: str) -> None:
    speaker = speaker_of(question)
    assert not speaker.words
    assert not speaker.is_named


def test_he_is_taken_up_from_the_passage_before() -> None:
    text = "Karl Lund praised the old plan.\n\nHe claimed that Maria Stein had stopped it.\n"
    [sentence] = passage_sentences(hit_of(text, "He claimed that Maria Stein had stopped it."))
    assert speaker_of("What did Karl Lund say about Maria Stein?").says(sentence)
    assert not speaker_of("What did Maria Stein say about Karl Lund?").says(sentence)


def test_a_trade_surplus_speaks_no_more_than_an_abbreviation() -> None:
    text = "Karl Lund was in Busan. The two talked about the Norvian trade surplus and LNG. He added that all went well."
    assert words_of("What did Karl Lund say?", text) == ["He added that all went well."]


def test_what_is_asked_of_is_named() -> None:
    speaker = speaker_of("What did Karl Lund say about Maria Stein?")
    told = passage_sentences(hit_of("Karl Lund said that Stein was right. Karl Lund said he had known. Karl Lund said it was late."))
    assert [speaker.speaks_of_it(sentence) for sentence in told] == [True, True, False]
