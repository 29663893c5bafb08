"""A written sentence + the words it seems to rest on -> how likely a reader takes them to bear it out.

In: a sentence and windows. Out: log odds. Our reader was also trained on claims, true ones and ones with a single thing changed: it is asked
of a claim, as of a question, which sentence bears it out, or that none does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.alignment import Window
from assistant.cleaning import split_paragraphs
from assistant.reader import Reader, Unread
from assistant.sentences import sentences
from assistant.types import Span

Judge = Callable[[str, Sequence[Window]], float]

AROUND_CHARS = 500
"""How far around a window a passage is read, where it is longer."""


def judge_of(reader: Reader | None) -> Judge | None:
    """The judge that a reader makes; None where it knows questions alone."""
    if reader is None or not reader.judges:
        return None

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
