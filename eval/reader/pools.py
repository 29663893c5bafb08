"""News articles as a sources folder, and the project's questions on them: the product as it is used, on ground it was not trained on.

    dev    July to September 2024: for weighing and calibrating
    test   October to December 2024: only ever reported

Articles are cut where the question writers stopped reading, so that what they call unanswerable is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from examples import articles, written

from assistant import Assistant
from assistant.cleaning import split_paragraphs
from assistant.sentences import sentences
from assistant.types import Span

N_ARTICLES = 450
READ_SENTENCES = 36
MONTHS = {"dev": ("2024-06", "2024-09"), "test": ("2024-10", "2024-12")}
FOLDER = Path(".assistant/reader/pools")


@dataclass(frozen=True, slots=True)
class Pool:
    """An open library and its questions; `source_of` gives an article's file."""

    assistant: Assistant
    rows: list[dict[str, Any]]
    source_of: dict[str, str]

    def quotes(self, row: dict[str, Any]) -> list[str]:
        """The answering sentences of a question."""
        text = articles()[row["article"]]["text"]
        return [text[start:end] for start, end in row["sentences"]] if row["kind"] != "near" else []


def open_pool(which: str) -> Pool:
    """Make the folder where it is not there yet, index it, open it."""
    rows = written([which])
    own = sorted({row["article"] for row in rows})
    first, last = MONTHS[which]
    others = [
        id for id, a in sorted(articles().items())
        if first <= a["published"][:7] <= last and id not in set(own) and 150 < len(a["text"].split()) < 1500
    ]  # fmt: skip
    random.Random(3).shuffle(others)
    chosen = sorted([*own, *others[: N_ARTICLES - len(own)]])
    source_of = {id: f"{i:04}.md" for i, id in enumerate(chosen)}
    sources = FOLDER / which / "sources"
    if not sources.is_dir():
        sources.mkdir(parents=True)
        for id, name in source_of.items():
            (sources / name).write_text(_file(id, cut=id in set(own)), encoding="utf-8")
    assistant = Assistant.open(sources, data=FOLDER / which / "data")
    assistant.sync()
    return Pool(assistant, rows, source_of)


def _file(id: str, *, cut: bool) -> str:
    article = articles()[id]
    text = article["text"]
    if cut:
        spans = [s for p in split_paragraphs(text, Span(0, len(text))) for s in sentences(text, p)][:READ_SENTENCES]
        text = text[: spans[-1].end]
    about = {"title": article["title"], "published": article["published"], "publisher": urlsplit(id).netloc.removeprefix("www."), "url": id}
    return f"---\n{yaml.safe_dump(about, allow_unicode=True)}---\n\n{text}\n"
