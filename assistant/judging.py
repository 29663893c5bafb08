"""A written sentence + the words it seems to rest on -> how likely a reader takes them to bear it out.

In: a sentence and windows. Out: log odds. The judge is our reader, trained on with claims, true ones and ones with a single thing changed: it is
asked of a claim, as of a question, which sentence bears it out, or that none does. Answering is left to the reader: the judge is too strict for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.alignment import Window
from assistant.marks import sentence_spans
from assistant.reader import OnnxReader, Reader, Unread
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
    document = windows[0].hit.document
    text_of = {window.hit.document.id: window.hit.document.text for window in windows}
    parts: list[str] = []
    spans: list[Span] = []
    for id, near in _stretches(windows):
        at = sum(map(len, parts)) + len(parts) - near.start
        spans += [Span(at + start, at + end) for start, end in sentence_spans(text_of[id], near)]
        parts.append(text_of[id][slice(*near)])
    return Unread("\n".join(parts), tuple(spans), document.title, document.published)


def _stretches(windows: Sequence[Window]) -> list[tuple[str, Span]]:
    """What is read around the windows, by document id and in order; stretches that meet are one."""
    found: list[tuple[str, Span]] = []
    for id, near in sorted((window.hit.document.id, _around(window)) for window in windows):
        if found and found[-1][0] == id and near.start <= found[-1][1].end:
            before = found.pop()[1]
            near = Span(before.start, max(before.end, near.end))
        found.append((id, near))
    return found


def _around(window: Window) -> Span:
    passage = window.hit.passage
    return Span(max(passage.start, window.span.start - AROUND_CHARS), min(passage.end, window.span.end + AROUND_CHARS))
