"""News articles as a sources folder, and the project's questions on them: the product as it is used, on ground it was not trained on.

    dev    July to September 2024: for weighing and calibrating
    test   October to December 2024: only ever reported
    quiz   weekly news-quiz questions of January to September 2024, which may be tuned and measured on and never trained on: what a
           question looks like whose writer did not have the article at hand; a third of them without their articles

Articles are cut where the question writers stopped reading, so that what they call unanswerable is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from examples import articles, read, sentence_spans, written

from assistant import Assistant
from assistant.evaluation.metrics import contains, normalise
from assistant.words import stems

N_ARTICLES = 450
READ_SENTENCES = 36
MONTHS = {"dev": ("2024-06", "2024-09"), "test": ("2024-10", "2024-12")}
QUIZ_ENDS = "2024-10"
N_QUIZ, N_QUIZ_ARTICLES, FOUND_EACH = 240, 450, 2
"""Questions, articles, and of those found for a question how many are kept."""
QUIZ_CHARS = 12_000
"""Longer articles, live pages mostly, are cut here."""
FOLDER = Path(".assistant/reader/pools")


@dataclass(frozen=True, slots=True)
class Pool:
    """An open library and its questions; `source_of` gives an article's file."""

    assistant: Assistant
    rows: list[dict[str, Any]]
    source_of: dict[str, str]

    def quotes(self, row: dict[str, Any]) -> list[str]:
        """The answering sentences of a question."""
        if "quotes" in row:
            return list(row["quotes"])
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
            (sources / name).write_text(as_file(id, cut=id in set(own)), encoding="utf-8")
    assistant = Assistant.open(sources, data=FOLDER / which / "data")
    assistant.sync()
    return Pool(assistant, rows, source_of)


def open_quiz() -> Pool:
    """The same for quiz questions. An answering sentence is one that holds the answer, in an article found for the question at the time or, of
    others, beside a third of the question's words."""
    chance = random.Random(4)
    asked = [q for q in read("news-qa/2024-questions") if q["date"] < QUIZ_ENDS and normalise(q["answer"]) not in ("", "true", "false", "yes", "no")]
    found = {q["id"]: [name for name in q["retrieved"] if name in articles() and contains(articles()[name]["text"], q["answer"])] for q in asked}
    asked = [q for q in asked if found[q["id"]]]
    chance.shuffle(asked)
    asked = asked[:N_QUIZ]
    told, untold = asked[: 2 * N_QUIZ // 3], asked[2 * N_QUIZ // 3 :]
    hidden = {name for q in untold for name in found[q["id"]]}
    kept = {name for q in told for name in found[q["id"]][:FOUND_EACH]} - hidden
    others = [id for id, a in sorted(articles().items()) if "2024-01" <= a["published"] < QUIZ_ENDS and id not in kept | hidden]
    chance.shuffle(others)
    chosen = sorted([*kept, *others[: N_QUIZ_ARTICLES - len(kept)]])
    source_of = {id: f"{i:04}.md" for i, id in enumerate(chosen)}
    sources = FOLDER / "quiz" / "sources"
    if not sources.is_dir():
        sources.mkdir(parents=True)
        for id, name in source_of.items():
            (sources / name).write_text(as_file(id)[:QUIZ_CHARS], encoding="utf-8")
    of_articles = {id: [(text[slice(*s)], frozenset(stems(text[slice(*s)]))) for s in sentence_spans(text)] for id in chosen if (text := articles()[id]["text"])}
    rows = []
    for q in asked:
        words = set(stems(q["question"]))
        gold = set(found[q["id"]])
        quotes = [
            sentence
            for id, held in of_articles.items()
            for sentence, own in held
            if (id in gold or 3 * len(words & own) >= len(words)) and contains(sentence, q["answer"])
        ]
        rows.append({"question": q["question"], "kind": "quiz" if quotes else "near", "quotes": quotes})
    assistant = Assistant.open(sources, data=FOLDER / "quiz" / "data")
    assistant.sync()
    return Pool(assistant, rows, source_of)


def as_file(id: str, *, cut: bool = False) -> str:
    """An article as a Markdown file, `cut` where the question writers stopped reading."""
    article = articles()[id]
    text = article["text"]
    if cut:
        text = text[: sentence_spans(text)[:READ_SENTENCES][-1].end]
    about = {"title": article["title"], "published": article["published"], "publisher": urlsplit(id).netloc.removeprefix("www."), "url": id}
    return f"---\n{yaml.safe_dump(about, allow_unicode=True)}---\n\n{text}\n"
