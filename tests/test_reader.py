"""The reader: what it is given, that its readings stand alone and repeat, what it tells apart, and that another may take its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.encoder import bundled_tokenizer, model_folder
from assistant.errors import EncoderError
from assistant.judging import JUDGE_GRAPH
from assistant.reader import (
    BUNDLED_GRAPH,
    LOWEST,
    MAX_TOKENS,
    READ_LEAST,
    CrossEncoderReader,
    OnnxReader,
    QuestionAnsweringReader,
    Unread,
    lay_out,
    open_reader,
    read_hits,
)
from assistant.sentences import sentences
from assistant.settings import BUNDLED_ENCODER
from assistant.types import Reading, Span
from tests.asking import hit_of
from tests.fakes import ROOT
from tests.strategies import anything


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    opened = open_reader()
    assert isinstance(opened, OnnxReader)
    return opened


def unread(text: str, **about: str) -> Unread:
    return Unread(text, tuple(sentences(text, Span(0, len(text)))), **about)


PORT = unread(
    "The harbour of Norvia was shut on Monday. Its director, Karl Lund, blamed a strike by crane drivers. "
    "The union wants 4.5% more pay. Ships now wait outside for nine days.",
    title="Norvia harbour at a standstill",
    published="2024-05-14",
)
PLAIN = unread("The library opened a new wing. It holds 40,000 books.")


# What the model is given


def test_question_title_date_and_passage_are_laid_out_in_this_order() -> None:
    tokenizer = bundled_tokenizer()
    pair = lay_out(tokenizer, "Who won?", "Lund won. All left.", (Span(0, 9), Span(10, 19)), "A vote", "2024-05-14T20:00")
    text = tokenizer.decode(pair.ids.tolist(), skip_special_tokens=False)
    assert text.replace(" ", "") == "[CLS]whowon?[SEP]avote,2024-05-14:lundwon.allleft.[SEP]"
    assert pair.types.tolist() == sorted(pair.types.tolist())
    body = pair.sentence >= 0
    assert [("Lund won. All left."[s:e]) for s, e in zip(pair.starts[body], pair.ends[body], strict=True)] == [
        "Lund", "won", ".", "All", "left", "."
    ]  # fmt: skip
    assert pair.sentence[body].tolist() == [0, 0, 0, 1, 1, 1]


@hypothesis_settings(max_examples=40)
@given(question=anything, text=anything, title=st.none() | anything)
def test_a_pair_fits_the_model_whatever_it_holds(question: str, text: str, title: str | None) -> None:
    spans = tuple(sentences(text, Span(0, len(text)))) if text.strip() else ()
    pair = lay_out(bundled_tokenizer(), question * 40, text * 40, spans, title, None)
    assert len({len(pair.ids), len(pair.types), len(pair.sentence), len(pair.starts), len(pair.ends)}) == 1
    assert len(pair.ids) <= MAX_TOKENS
    assert set(pair.sentence.tolist()) <= {-1, *range(len(spans))}


# What it makes of it


@pytest.mark.parametrize("graph", [BUNDLED_GRAPH, JUDGE_GRAPH])
def test_a_bundled_graph_is_the_one_its_card_describes(graph: Path) -> None:
    card = (ROOT / "assistant" / "models" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(graph.read_bytes()).hexdigest() in card
    assert graph.stat().st_size <= 25_000_000


@hypothesis_settings(max_examples=10)
@given(texts=st.lists(anything.filter(str.strip), min_size=1, max_size=5))
def test_a_reading_does_not_depend_on_what_else_is_read(reader: OnnxReader, texts: list[str]) -> None:
    passages = [PORT, *(unread(text) for text in texts), PLAIN]
    together = list(reader.read("Who runs the harbour?", passages))
    assert together == [reading for passage in passages for reading in reader.read("Who runs the harbour?", [passage])]
    assert together == list(reader.read("Who runs the harbour?", passages[::-1]))[::-1]


def test_every_sentence_has_odds_and_its_answer_lies_within_it(reader: OnnxReader) -> None:
    [reading] = reader.read("How long do ships wait?", [PORT])
    assert len(reading.odds) == len(reading.answers) == len(PORT.spans)
    for span, answer in zip(PORT.spans, reading.answers, strict=True):
        assert answer is not None
        assert span.start <= answer.start < answer.end <= span.end


def test_a_sentence_that_does_not_fit_is_out_of_the_question(reader: OnnxReader) -> None:
    long = unread("Norvia has a harbour. " * 200 + "It was built in 1911.")
    [reading] = reader.read("When was the harbour built?", [long])
    assert (reading.odds[-1], reading.answers[-1]) == (LOWEST, None)


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("Who is in charge of the harbour?", 1, "Karl Lund"),
        ("How much of a raise do the workers ask for?", 2, "4.5%"),
        ("How long do vessels have to queue?", 3, "nine days"),
        ("On what day did the harbour close?", 0, "Monday"),
    ],
)
def test_it_finds_the_answer_in_other_words(reader: OnnxReader, question: str, sentence: int, words: str) -> None:
    [reading] = reader.read(question, [PORT])
    assert int(np.argmax(reading.odds)) == sentence
    answer = reading.answers[sentence]
    assert answer is not None
    assert words in PORT.text[answer.start : answer.end]


@pytest.mark.parametrize("question", ["How many books burned in the harbour?", "Who owns the library in Norvia?", "When did the strike end?"])
def test_what_a_passage_does_not_say_it_finds_less_likely(reader: OnnxReader, question: str) -> None:
    [without] = reader.read(question, [PORT])
    [answered] = reader.read("Who is the director of the harbour?", [PORT])
    assert max(without.odds) < max(answered.odds)


# The hits in a new order


class Keen:
    """Prefers passages by the length of their text."""

    id = "keen"

    def __init__(self) -> None:
        self.n_read = 0

    def read(self, question: str, passages: Any) -> Iterator[Reading]:
        for p in passages:
            self.n_read += 1
            yield Reading((float(len(p.text)) / 10,) * len(p.spans), (None,) * len(p.spans))


def test_read_hits_are_put_in_order_and_the_others_follow() -> None:
    texts = ["Short one.", "One that is a good deal longer than it.", "The longest of them all, but it is not read at all by anybody."]
    hits = [replace(hit_of(text), score=1.0, rank=i) for i, text in enumerate(texts, start=1)]
    ordered = read_hits(Keen(), "Which?", hits, n=2)
    assert [(hit.passage.text, hit.rank) for hit in ordered] == [(texts[1], 1), (texts[0], 2), (texts[2], 3)]
    assert [hit.reading is None for hit in ordered] == [False, False, True]
    assert [hit.score for hit in ordered] == sorted((hit.score for hit in ordered), reverse=True)
    assert read_hits(Keen(), "Which?", []) == []


def test_hits_that_convince_spare_the_others_a_reading() -> None:
    texts = [f"Sentence number {n}." for n in range(READ_LEAST + 2)]
    hits = [replace(hit_of(text), score=1.0, rank=i) for i, text in enumerate(texts, start=1)]
    for odds, n_read in ((1.0, READ_LEAST), (99.0, len(hits))):
        reader = Keen()
        ordered = read_hits(reader, "Which?", hits, convinced=odds)
        assert reader.n_read == sum(hit.reading is not None for hit in ordered) == n_read


# Other readers


def test_none_is_no_reader() -> None:
    assert open_reader("none") is None


def test_an_unknown_reader_is_an_error_that_names_it() -> None:
    with pytest.raises(EncoderError, match=r"^The reader 'nobody/no-such-model' is neither bundled, nor a folder, nor to be had"):
        open_reader("nobody/no-such-model")


def test_a_folder_that_is_no_reader_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match="cannot be loaded as a cross-encoder or a question-answering model"):
        open_reader(str(tmp_path))


def test_a_graph_that_is_none_names_itself(tmp_path: Path) -> None:
    (tmp_path / "r.onnx").write_bytes(b"not a graph")
    with pytest.raises(EncoderError, match=r"The reader .* cannot be opened .* Reinstall the assistant, or set reader to none\."):
        OnnxReader(tmp_path / "r.onnx")


@pytest.fixture
def tiny(tmp_path: Path) -> Any:
    """Saves a tiny BERT with random weights and the bundled vocabulary; returns its folder."""

    def save(kind: str) -> Path:
        import torch
        import transformers

        torch.manual_seed(0)
        tokenizer = transformers.AutoTokenizer.from_pretrained(model_folder(BUNDLED_ENCODER))
        config = transformers.BertConfig(
            vocab_size=tokenizer.vocab_size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            num_labels=1 if kind == "SequenceClassification" else 2,
        )  # fmt: skip
        getattr(transformers, f"BertFor{kind}")(config).save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        assert json.loads((tmp_path / "config.json").read_text())["architectures"] == [f"BertFor{kind}"]
        return tmp_path

    return save


@pytest.mark.slow
def test_a_cross_encoder_may_read_instead(tiny: Any) -> None:
    opened = open_reader(str(tiny("SequenceClassification")))
    assert isinstance(opened, CrossEncoderReader)
    _reads_each_sentence_alone(opened)
    assert set(next(opened.read("Who?", [PORT])).answers) == {None}


@pytest.mark.slow
def test_a_question_answering_model_may_read_instead(tiny: Any) -> None:
    opened = open_reader(str(tiny("QuestionAnswering")))
    assert isinstance(opened, QuestionAnsweringReader)
    _reads_each_sentence_alone(opened)
    for span, answer in zip(PORT.spans, next(opened.read("Who?", [PORT])).answers, strict=True):
        assert answer is not None
        assert span.start <= answer.start < answer.end <= span.end


def _reads_each_sentence_alone(opened: Any) -> None:
    port, plain = opened.read("Who?", [PORT, PLAIN])
    assert (len(port.odds), len(plain.odds)) == (4, 2)
    assert [port] == list(opened.read("Who?", [PORT]))
