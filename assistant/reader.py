"""Question + passages -> which sentences answer, in which words, and whether any does: a small cross-encoder of our own.

It reads question and passage together (sentence embeddings read each alone), so it knows a sentence that answers in other words, and one
that only looks as if it did. `eval/reader/` says what it was trained on and how well it reads.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assistant.encoder import bundled_tokenizer, model_folder, sha256
from assistant.errors import EncoderError
from assistant.features import passage_sentences
from assistant.graphs import open_graph
from assistant.settings import BUNDLED_READER, NO_READER
from assistant.types import Hit, Reading, Span

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

log = logging.getLogger(__name__)

BUNDLED_GRAPH = Path(__file__).parent / "models" / "reader.onnx"

MAX_TOKENS = 320
QUESTION_TOKENS = 64
TITLE_TOKENS = 32
MAX_ANSWER_TOKENS = 24
LOWEST = -12.0
"""The log odds of a sentence that was not read, or that is out of the question."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Question and passage as the model takes them; all arrays have one entry a token.

    Attributes:
        sentence: Which sentence of the passage a token belongs to, -1 for all others.
        starts, ends: The token's place in the passage's text; 0 for tokens of the question and the title.
    """

    ids: Ints
    types: Ints
    sentence: Ints
    starts: Ints
    ends: Ints


def lay_out(
    tokenizer: Any, question: str, text: str, spans: Sequence[Span], title: str | None, published: str | None
) -> Pair:
    """`[CLS] question [SEP] title, date: passage [SEP]`, the passage cut at MAX_TOKENS.

    Args:
        tokenizer: A `tokenizers.Tokenizer` that neither pads nor cuts.
        spans: The sentences of `text`, in order.
    """
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
    head = tokenizer.encode(title, add_special_tokens=False).ids[:TITLE_TOKENS] if title else []
    if published:
        head = [*head, *tokenizer.encode(f", {published[:10]}", add_special_tokens=False).ids]
    if head:
        head = [*head, tokenizer.token_to_id(":")]
    body = tokenizer.encode(text, add_special_tokens=False)
    room = MAX_TOKENS - len(asked) - len(head) - 3
    n = min(len(body.ids), room)
    before = 2 + len(asked)
    offsets = np.array(body.offsets[:n], dtype=np.int64).reshape(-1, 2)
    sentence = np.full(n, -1, dtype=np.int64)
    for i, span in enumerate(spans):
        sentence[(offsets[:, 0] >= span.start) & (offsets[:, 0] < span.end)] = i

    def framed(values: Ints, fill: int) -> Ints:
        return np.concatenate([np.full(before + len(head), fill), values, [fill]]).astype(np.int64)

    ids = np.array([cls, *asked, sep, *head, *body.ids[:n], sep], dtype=np.int64)
    types = np.array([0] * before + [1] * (len(head) + n + 1), dtype=np.int64)
    return Pair(ids, types, framed(sentence, -1), framed(offsets[:, 0], 0), framed(offsets[:, 1], 0))


@dataclass(frozen=True, slots=True)
class Unread:
    """A passage to be read: its text, the spans of its sentences in it, and what its document says of itself."""

    text: str
    spans: tuple[Span, ...]
    title: str | None = None
    published: str | None = None


class Reader(Protocol):
    """Reads passages beside a question."""

    id: str

    def read(self, question: str, passages: Sequence[Unread]) -> Iterator[Reading]:
        """One reading for each passage, in order, as they are asked for; none depends on what else is read."""


class OnnxReader:
    """Our own reader on onnxruntime: one pair at a time, since dynamic int8 scales over whatever is in the batch; one thread a pair."""

    def __init__(self, graph: Path = BUNDLED_GRAPH) -> None:
        """
        Raises:
            EncoderError: If the graph cannot be opened.
        """
        try:
            self._session = open_graph(graph)
        except Exception as exc:  # onnxruntime raises bare RuntimeErrors of many classes
            raise EncoderError(f"The reader {graph} cannot be opened ({exc}). Reinstall the assistant, or set reader to none.") from exc
        self.id = f"{graph.stem}@{sha256(graph)[:12]}"
        self._tokenizer = bundled_tokenizer()
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="read")

    def read(self, question: str, passages: Sequence[Unread]) -> Iterator[Reading]:
        """Passages are read ahead, as many at once as there are threads."""
        return self._threads.map(lambda passage: self._read_one(question, passage), passages)

    def _read_one(self, question: str, passage: Unread) -> Reading:
        pair = lay_out(self._tokenizer, question, passage.text, passage.spans, passage.title, passage.published)
        inputs = {"input_ids": pair.ids[None], "attention_mask": np.ones_like(pair.ids)[None], "token_type_ids": pair.types[None]}
        columns, none = self._session.run(None, inputs)
        return _reading(pair, columns[0].astype(np.float64), float(none[0]), len(passage.spans))


def _reading(pair: Pair, columns: Floats, none: float, n_sentences: int) -> Reading:
    """Token columns (score, weight, start, end) to sentences; a sentence that was cut off scores LOWEST."""
    scores: list[float] = []
    answers: list[Span | None] = []
    for i in range(n_sentences):
        tokens = np.flatnonzero(pair.sentence == i)
        if not len(tokens):
            scores.append(LOWEST)
            answers.append(None)
            continue
        score, weight, start, end = columns[tokens].T
        weight = np.exp(weight - weight.max())
        scores.append(round(max(float(score @ weight / weight.sum()) - none, LOWEST), 4))
        first, last = _best_stretch(start, end)
        answers.append(Span(int(pair.starts[tokens[first]]), int(pair.ends[tokens[last]])))
    return Reading(tuple(scores), tuple(answers))


def _best_stretch(start: Floats, end: Floats) -> tuple[int, int]:
    """The tokens, at most MAX_ANSWER_TOKENS of them, whose start and end score best together."""
    sums = start[:, None] + end[None, :]
    i, j = np.indices(sums.shape)
    sums[(j < i) | (j - i >= MAX_ANSWER_TOKENS)] = -np.inf
    first, last = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return int(first), int(last)


class CrossEncoderReader:
    """Any sentence-transformers `CrossEncoder`: it scores each sentence, its title before it; it marks no words."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity

        self.id = folder.name
        self._model = CrossEncoder(str(folder), device="cpu", activation_fn=Identity())

    def read(self, question: str, passages: Sequence[Unread]) -> Iterator[Reading]:
        """One pair at a time, so that padding cannot move a score."""
        for p in passages:
            yield Reading(tuple(self._score(question, p, span) for span in p.spans), (None,) * len(p.spans))

    def _score(self, question: str, passage: Unread, span: Span) -> float:
        sentence = passage.text[span.start : span.end]
        text = f"{passage.title}. {sentence}" if passage.title else sentence
        return float(np.ravel(self._model.predict([(question, text)], show_progress_bar=False))[-1])


class QuestionAnsweringReader:
    """Any transformers question-answering model: a sentence scores as its best span does, against the empty one."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self.id = folder.name
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()

    def read(self, question: str, passages: Sequence[Unread]) -> Iterator[Reading]:
        return (self._read_one(question, passage) for passage in passages)

    def _read_one(self, question: str, passage: Unread) -> Reading:
        import torch

        inputs = self._tokenizer(
            question, passage.text, truncation="only_second", max_length=MAX_TOKENS, return_offsets_mapping=True, return_tensors="pt"
        )
        offsets = inputs.pop("offset_mapping")[0].numpy()
        with torch.no_grad():
            found = self._model(**inputs)
        start, end = (logits[0].numpy().astype(np.float64) for logits in (found.start_logits, found.end_logits))
        body = np.array([kind == 1 for kind in inputs.sequence_ids(0)])
        scores: list[float] = []
        answers: list[Span | None] = []
        for span in passage.spans:
            tokens = np.flatnonzero(body & (offsets[:, 0] >= span.start) & (offsets[:, 0] < span.end))
            if not len(tokens):
                scores.append(LOWEST)
                answers.append(None)
                continue
            first, last = (int(tokens[i]) for i in _best_stretch(start[tokens], end[tokens]))
            scores.append(round(float(start[first] + end[last] - start[0] - end[0]), 4))
            answers.append(Span(int(offsets[first, 0]), int(offsets[last, 1])))
        return Reading(tuple(scores), tuple(answers))


READ_HITS = 8
"""Passages read for an answer at most, the best by retrieval. Each costs some 15 to 25 ms on one of the machine's threads."""
READ_LEAST, CONVINCED = 4, 3.0
"""After so many the others are read only while no sentence has such log odds. On 200 questions of RAMDocs disagreements are shown for 34 with
2, 37 with 3, 40 with 4, and 40 where all are read."""
ODDS_COUNT = 0.1
"""What a passage's best log odds count beside its retrieval score, which runs from 0 to 2."""


def read_hits(reader: Reader, question: str, hits: Sequence[Hit], *, n: int = READ_HITS, convinced: float = CONVINCED) -> list[Hit]:
    """The hits in the order the reader makes of them, the first `n` read, or fewer where those convince; the others follow as they were."""
    readings: list[Reading] = []
    best = LOWEST
    for reading in reader.read(question, [_unread(hit) for hit in hits[:n]]):
        readings.append(reading)
        best = max((best, *reading.odds))
        if len(readings) >= READ_LEAST and best >= convinced:
            break  # what is left is not read: the iterator goes, and with it what it had asked for
    first, rest = hits[: len(readings)], hits[len(readings) :]
    read = [
        replace(hit, reading=reading, score=round(hit.score + ODDS_COUNT * max(reading.odds, default=LOWEST), 6))
        for hit, reading in zip(first, readings, strict=True)
    ]
    read.sort(key=lambda hit: (-hit.score, hit.passage.id))
    least = min((hit.score for hit in read), default=0.0)
    ordered = [*read, *(replace(hit, score=min(hit.score, least)) for hit in rest)]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]


def _unread(hit: Hit) -> Unread:
    start = hit.passage.start
    spans = tuple(Span(s.span.start - start, s.span.end - start) for s in passage_sentences(hit))
    return Unread(hit.passage.text, spans, hit.document.title, hit.document.published)


def open_reader(name: str = BUNDLED_READER, *, notify: Callable[[str], None] = log.info) -> Reader | None:
    """Load the reader that `name` stands for; None for `none`.

    Args:
        name: The bundled reader, `none`, or a folder or a name on the Hugging Face hub with a cross-encoder or a question-answering model.
        notify: Told when something will take a while.

    Raises:
        EncoderError: If it cannot be found or loaded.
    """
    if name == NO_READER:
        return None
    if name == BUNDLED_READER:
        return OnnxReader()
    notify(f"Loading the reader {name} (some seconds) ...")
    folder = model_folder(name, what="reader")
    try:
        kinds = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or [""]
        reader = QuestionAnsweringReader if kinds[0].endswith("ForQuestionAnswering") else CrossEncoderReader
        return reader(folder)
    except Exception as exc:  # whatever torch, transformers or a broken file may raise
        raise EncoderError(
            f"The reader '{name}' cannot be loaded as a cross-encoder or a question-answering model: {exc}"
        ) from exc
