"""What the offline answerer's weights and threshold were set on, and what they give on parts that were not used.

Two judgments, each on public question sets that are not part of the project (see `DATA`):

- which sentence answers: SQuADShifts and SQuAD 2 paragraphs, the best sentence of the right paragraph;
- whether any does: the same questions with the right paragraph among the five nearest or taken out; news questions asked of the
  articles of their own half-year, or of the other half (those whose answer stands in the passages found anyway are left out).

The first two thirds of the paragraphs and the first half of 2023 were used for setting; the rest is only reported.

    python eval/tune_quoting.py            some five minutes
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant import Assistant
from assistant.confidence import CONFIDENCE_MIDDLE, MIN_CONFIDENCE, judge
from assistant.encoder import OnnxEncoder, open_encoder
from assistant.remembering import Remembering
from assistant.scoring import Scored, Scorer
from assistant.settings import NO_READER, Settings
from assistant.types import Document, Hit, Passage
from assistant.weighing import Question
from assistant.words import stems

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SPAN_SETS = (("squadshifts/new_wiki", 900), ("squadshifts/reddit", 300), ("squadshifts/amazon_reviews", 300), ("squad2/dev-part", 600))
PER_PARAGRAPH = 3
POOL_ARTICLES = 400


def main() -> int:
    if not DATA.is_dir():
        print(f"The question sets are not in {DATA.name}/ beside the project.")
        return 0
    encoder = open_encoder()
    print(f"declines where confidence < {MIN_CONFIDENCE} (evidence below {CONFIDENCE_MIDDLE})\n")
    for name, rows in span_questions().items():
        report_spans(name, rows, encoder)
    articles, questions = news()
    for name, own, other in (("news, set on", 0, 1), ("news, held out", 1, 0)):
        report_news(name, articles, questions[own], questions[other])
    return 0


def read(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# Which sentence, and whether any: paragraphs


def span_questions() -> dict[str, list[dict[str, Any]]]:
    """A sample of each set, a few questions a paragraph, parted by groups of paragraphs."""
    chance = random.Random(0)
    parts: dict[str, list[dict[str, Any]]] = {"paragraphs, set on": [], "paragraphs, held out": []}
    for name, n in SPAN_SETS:
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in read(name):
            if row["answers"]:
                groups.setdefault(row["group"], []).append(row)
        order = sorted(groups)
        chance.shuffle(order)
        rows = [row for group in order for row in groups[group][:PER_PARAGRAPH]][:n]
        parts["paragraphs, set on"] += rows[: 2 * n // 3]
        parts["paragraphs, held out"] += rows[2 * n // 3 :]
    return parts


def report_spans(name: str, rows: Sequence[dict[str, Any]], encoder: OnnxEncoder | Any) -> None:
    contexts = sorted({row["context"] for row in rows})
    documents = [Document(f"{i:08x}", f"{i}.txt", text) for i, text in enumerate(contexts)]
    vectors = encoder.encode(contexts)
    counts = Counter(word for text in contexts for word in set(stems(text)))
    scorer = Scorer(Remembering(encoder))

    def frequency(words: Sequence[str]) -> Mapping[str, int]:
        return {word: max((counts[part] for part in stems(word)), default=0) for word in words}

    best, with_it, without = [], [], []
    for row in rows:
        question = Question(row["question"], frequency, len(contexts))
        cosines = vectors @ encoder.encode([row["question"]])[0]
        right = contexts.index(row["context"])
        nearest = [int(i) for i in np.argsort(-cosines, kind="stable")[:6]]
        own = scorer.score(question, hits(documents, cosines, [right]))
        best.append(holds(own[0], row["answers"]))
        kept = nearest[:5] if right in nearest[:5] else [right, *nearest[:4]]
        with_it.append(judge(question, scorer.score(question, hits(documents, cosines, kept))).confidence)
        others = [i for i in nearest if i != right][:5]
        without.append(judge(question, scorer.score(question, hits(documents, cosines, others))).confidence)
    print(f"{name}: best sentence of the right paragraph {np.mean(best):.3f} (n = {len(rows)})")
    print_decision(name, with_it, without)


def hits(documents: Sequence[Document], cosines: Any, chosen: Iterable[int]) -> list[Hit]:
    return [
        Hit(Passage(d.id, 0, len(d.text), d.text), d, float(cosines[i]), rank, float(cosines[i]))
        for rank, i in enumerate(chosen, start=1)
        for d in [documents[i]]
    ]


def holds(scored: Scored, answers: Sequence[Mapping[str, Any]]) -> bool:
    span = scored.sentence.span
    return any(span.start <= answer["start"] < span.end for answer in answers)


# Whether any: news


def news() -> tuple[dict[str, dict[str, Any]], list[list[dict[str, Any]]]]:
    """The 2023 articles, and the questions of each half of the year whose answer stands in an article of the same days."""
    articles = {article["id"]: article for article in read("news-qa/2023-articles")}
    rows = sorted(read("news-qa/2023-questions"), key=lambda row: (row["date"], row["id"]))
    for row in rows:
        row["gold"] = [i for i in row["retrieved"] if i in articles and answers(articles[i], row)]
    rows = [row for row in rows if row["gold"]]
    return articles, [[row for row in rows if row["date"] < "2023-07"], [row for row in rows if row["date"] >= "2023-07"]]


def answers(article: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Published within ten days of the question, holds the answer and most of the question's words."""
    days = abs((date.fromisoformat(article["published"][:10]) - date.fromisoformat(row["date"])).days)
    text = article["text"].lower()
    words = list(re.findall(r"[\w'’-]{4,}", row["question"].lower()))
    return days <= 10 and row["answer"].lower() in text and sum(w in text for w in words) >= 0.6 * len(words)


def report_news(
    name: str, articles: Mapping[str, Any], own: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]
) -> None:
    gold = [i for row in own for i in row["gold"]]
    rest = [i for row in own for i in row["retrieved"] if i in articles]
    pool = list(dict.fromkeys([*gold, *rest]))[:POOL_ARTICLES]
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "sources"
        sources.mkdir()
        for n, i in enumerate(pool):
            article = articles[i]
            front = f"---\ntitle: {json.dumps(article['title'])}\npublished: {article['published'][:10]}\n---\n\n"
            (sources / f"{n:04}.md").write_text(front + article["text"], encoding="utf-8")
        assistant = Assistant.open(settings=Settings(sources=sources, data=Path(scratch) / "data", reader=NO_READER))
        assistant.sync()
        answered = [row for row in own if set(row["gold"]) & set(pool)]
        found = [assistant.ask(row["question"]) for row in answered]
        contained = [row["answer"].lower() in answer.text.lower() for row, answer in zip(answered, found, strict=True)]
        absent = [assistant.ask(row["question"]) for row in other]
        absent = [
            answer
            for row, answer in zip(other, absent, strict=True)
            if not any(row["answer"].lower() in hit.passage.text.lower() for hit in answer.hits)
        ]
    print(f"{name}: {len(pool)} articles; the answer stands in what is quoted for {np.mean(contained):.3f} (n = {len(answered)})")
    print_rates(name, [bool(a.abstained) for a in found], [bool(a.abstained) for a in absent])


def print_decision(name: str, with_it: Sequence[float], without: Sequence[float]) -> None:
    print_rates(name, [c < MIN_CONFIDENCE for c in with_it], [c < MIN_CONFIDENCE for c in without])


def print_rates(name: str, refused: Sequence[bool], declined: Sequence[bool]) -> None:
    print(
        f"{name}: answerable refused {np.mean(refused):.3f} (n = {len(refused)}), "
        f"unanswerable declined {np.mean(declined):.3f} (n = {len(declined)})\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
