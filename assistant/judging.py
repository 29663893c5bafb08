"""A written sentence + the words it seems to rest on -> how likely a reader takes them to bear it out.

In: a sentence and windows. Out: log odds. The judge is our reader, trained on with claims, true ones and ones with a single thing changed: it is
asked of a claim, as of a question, which sentence bears it out, or that none does. Answering is left to the reader: the judge is too strict for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.alignment import Window
from assistant.cleaning import split_paragraphs
from assistant.reader import OnnxReader, Reader, Unread
from assistant.sentences import sentences
from assistant.types import Span

JUDGE_GRAPH = Path(__file__).parent / "models" / "judge.onnx"

Judge = Callable[[str, Sequence[Window]], float]

AROUND_CHARS = 500
"""How far around a window a passage is read, where it is longer."""


def open_judge() -> Judge:
    """Load the judge that ships.

    Raises:
        EncoderError: If it cannot be opened.
    """
    return judge_of(OnnxReader(JUDGE_GRAPH))


def judge_of(reader: Reader) -> Judge:
    """The judge that a reader of claims makes."""

    def odds(sentence: str, windows: Sequence[Window]) -> float:
        [reading] = reader.read(sentence, [evidence(windows)])
        return max(reading.odds, default=0.0)

    return odds


def evidence(windows: Sequence[Window]) -> Unread:
    """The passages that windows stand in, one after the other, without what is far from them."""
    stretches: list[tuple[str, Span]] = []
    text_of = {window.hit.document.id: window.hit.document.text for window in windows}
    for window in windows:
        passage = window.hit.passage
        near = Span(max(passage.start, window.span.start - AROUND_CHARS), min(passage.end, window.span.end + AROUND_CHARS))
        if all(near.end <= known.start or near.start >= known.end or id != window.hit.document.id for id, known in stretches):
            stretches.append((window.hit.document.id, near))
    parts: list[str] = []
    spans: list[Span] = []
    for id, near in sorted(stretches):
        at, text = sum(map(len, parts)) + len(parts), text_of[id]
        spans += [
            Span(at + s.start - near.start, at + s.end - near.start)
            for paragraph in split_paragraphs(text, near) for s in sentences(text, paragraph)
        ]  # fmt: skip
        parts.append(text[near.start : near.end])
    document = windows[0].hit.document
    return Unread("\n".join(parts), tuple(spans), document.title, document.published)
