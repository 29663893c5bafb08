"""Larger ground: public sets turned into sources folders and question sets of our format, run, and set beside what is published.

Nothing of the sets enters the project: folders, questions and reports go under the data folder. Samples are drawn by a fixed seed.

    make eval-external                          every set, some minutes the first time (indexing), then a minute
    python eval/external.py news-2023 squad2    some of them
    python eval/external.py --articles 5000     on more articles
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from assistant.assistant import Assistant
from assistant.evaluation.figures import BY_NAME
from assistant.evaluation.metrics import contains, f1, normalise
from assistant.evaluation.outputs import (
    Evaluation,
    evaluate,
    write_metrics,
    write_results,
)
from assistant.evaluation.questions import load_questions
from assistant.evaluation.report import write_report
from assistant.evaluation.runs import Result, provenance, run, source_texts
from assistant.evaluation.scores import said_by
from assistant.evaluation.table import aligned, tabulate, with_interval
from assistant.sentences import sentences
from assistant.settings import BUNDLED_READER, Settings
from assistant.terminal import progress_bar
from assistant.types import Span
from assistant.words import query_words, stem

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 2023
QUARTER = "2024-10"
GAP = timedelta(days=7)
"""Between the last article indexed and the first question on what came after."""

Extra = Callable[[Sequence[Result]], Mapping[str, float]]
Build = Callable[[argparse.Namespace], "Ground"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A set made ready.

    Attributes:
        sources: File names to texts.
        questions: Records of our format.
        figures: Names of the figures that matter here.
        published: What others report for it, each with how that differs from what is measured here.
        extra: Measures of this set alone.
    """

    name: str
    sources: dict[str, str]
    questions: list[dict[str, Any]]
    figures: tuple[str, ...]
    published: tuple[str, ...]
    extra: Extra = field(default=lambda results: {})


def main() -> int:
    arguments = _parser().parse_args()
    if not arguments.read.is_dir():
        print(f"The sets are not here: {arguments.read}. See --read.")
        return 0
    for name in arguments.sets or list(SETS):
        ground = SETS[name](arguments)
        _report(ground, *_run(ground, arguments.data / "external" / name, arguments.reader))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], metavar="SET", help=f"any of: {', '.join(SETS)} (default: all)")
    parser.add_argument("--articles", type=int, default=400, help="news articles to index a year (default: 400)")
    parser.add_argument("--questions", type=int, default=150, help="questions to ask a set (default: 150)")
    parser.add_argument("--read", type=Path, default=DATA, help="where the sets lie")
    parser.add_argument("--reader", default=BUNDLED_READER, help="as in the settings; none to leave it out")
    parser.add_argument("--data", type=Path, default=Path(".assistant"), help="the data folder; all goes to external/ in it")
    return parser


def _run(ground: Ground, folder: Path, reader: str) -> tuple[Evaluation, list[Result]]:
    """Lay out the folder, index it, ask, and write results, metrics and report."""
    _lay_out(folder / "sources", ground.sources)
    (folder / "questions.jsonl").write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in ground.questions), encoding="utf-8")
    settings = Settings(sources=folder / "sources", data=folder / "data", reader=reader)
    assistant = Assistant.open(settings=settings)
    with progress_bar(f"Indexing {ground.name}") as progress:
        assistant.sync(progress=progress)
    questions, problems = load_questions([folder / "questions.jsonl"], text_of=source_texts(assistant), lenient=True)
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    results = run(assistant, questions)
    evaluation = evaluate([results], provenance(assistant, results), problems)
    write_results(folder / "out", [results])
    write_metrics(folder / "out", evaluation)
    write_report(folder / "out" / "report.html", evaluation)
    (folder / "out" / "table.txt").write_text(tabulate(evaluation) + "\n", encoding="utf-8")
    return evaluation, results


def _lay_out(folder: Path, files: Mapping[str, str]) -> None:
    """Make the folder hold just these files; what is the same is left alone, so that it is not indexed again."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())


def _report(ground: Ground, evaluation: Evaluation, results: Sequence[Result]) -> None:
    overall = evaluation.summaries[0]
    corpus = evaluation.run["corpus"]
    print(f"\n{ground.name}: {overall.n} questions on {corpus['documents']} documents, {corpus['passages']} passages")
    rows = [["", "n", "here"]]
    for name in ground.figures:
        if name in overall.figures:
            rows.append([BY_NAME[name].label, str(overall.figures[name].n), with_interval(BY_NAME[name], overall.figures[name])])
    rows += [[label, str(overall.n), f"{100 * value:.1f}"] for label, value in ground.extra(results).items()]
    print(aligned(rows))
    for published in ground.published:
        print(f"  published: {published}")


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _sampled(rows: Sequence[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """`n` of them, or all where there are fewer; the same in every run."""
    return random.Random(SEED).sample(rows, min(n, len(rows)))


def _source(title: str, text: str, published: str | None = None) -> str:
    """A file as a person would save it, with front matter."""
    stated = {"title": title, "published": published}
    return "\n".join(["---", *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in stated.items() if value), "---", "", text, ""])


# News


@dataclass(frozen=True, slots=True)
class News:
    """A year's articles by id, its questions, and which articles answer each: found for it at the time, and holding the answer."""

    articles: dict[str, dict[str, Any]]
    questions: list[dict[str, Any]]
    gold: dict[str, list[str]]


def _news(read: Path, year: int) -> News:
    articles = {row["id"]: row for row in _rows(read / "news-qa" / f"{year}-articles.jsonl.gz")}
    questions = [q for q in _rows(read / "news-qa" / f"{year}-questions.jsonl.gz") if normalise(q["answer"]) not in ("", "true", "false")]
    gold = {
        q["id"]: [name for name in q["retrieved"] if name in articles and contains(articles[name]["text"], q["answer"])] for q in questions
    }
    return News(articles, questions, gold)


def _file(article_id: str) -> str:
    """A file name for an article: the end of its address."""
    return "".join(char if char.isalnum() else "-" for char in article_id.split("://")[-1])[-110:] + ".txt"


def _files(news: News, ids: Iterable[str]) -> dict[str, str]:
    return {_file(name): _source(news.articles[name]["title"], news.articles[name]["text"], news.articles[name]["published"]) for name in ids}


def _asked(news: News, question: Mapping[str, Any], *, answerable: bool) -> dict[str, Any]:
    expected = {"answers": [question["answer"]], "gold_sources": [_file(name) for name in news.gold[question["id"]]]}
    return {"id": question["id"], "question": question["question"], "answerable": answerable, "tags": ["news"]} | (expected if answerable else {})


def news_of(year: int) -> Build:
    """Questions of a year on a sample of its articles, the ones that answer among them."""

    def build(arguments: argparse.Namespace) -> Ground:
        news, chance = _news(arguments.read, year), random.Random(SEED)
        answered = [q for q in news.questions if news.gold[q["id"]]]
        asked = chance.sample(answered, min(arguments.questions, len(answered)))
        ids = dict.fromkeys(name for q in asked for name in news.gold[q["id"]])
        others = [name for name in news.articles if name not in ids]
        ids |= dict.fromkeys(chance.sample(others, max(0, min(len(others), arguments.articles - len(ids)))))
        return Ground(
            f"news-{year}",
            _files(news, ids),
            [_asked(news, q, answerable=True) for q in asked],
            ("hit@1", "hit@5", "hit@10", "mrr@10", "contains", "exact", "f1", "refused", "words"),
            (
                "BM25 hit@1 36.9, hit@5 63.1, MRR@10 48.5 on 4,932 articles of other parts; here fewer articles (easier: see --articles), and "
                "only questions of which a listed article holds the answer",
                "RealTimeQA with web search: GPT-3 40.7 EM, 49.7 F1 (2022); a frontier model 38.0 / 47.9 (2026). They give a short answer to "
                "any question from the live web; 'contains' asks whether quoted sentences hold the answer",
            ),
        )

    return build


def news_quarter(arguments: argparse.Namespace) -> Ground:
    """The last quarter of 2024, which no part of the project was set on: all its articles, all questions that one of them answers."""
    news = _news(arguments.read, 2024)
    ids = {name: None for name, article in news.articles.items() if article["published"] >= QUARTER}
    gold = {q["id"]: [name for name in news.gold[q["id"]] if name in ids] for q in news.questions if q["date"] >= QUARTER}
    asked = [q for q in news.questions if gold.get(q["id"])]
    narrowed = News(news.articles, asked, gold)

    def first_statement(results: Sequence[Result]) -> dict[str, float]:
        expected = {q["id"]: q["answer"] for q in asked}
        held = [bool(r.answer.statements) and contains(r.answer.statements[0].text, expected[r.question.id]) for r in results]
        return {"the first statement holds the answer": sum(held) / max(len(held), 1)}

    return Ground(
        "news-quarter",
        _files(news, ids),
        [_asked(narrowed, q, answerable=True) for q in asked],
        ("hit@1", "mrr@10", "contains", "refused"),
        ("nothing for this split, which is ours; --reader none tells what the reader adds",),
        first_statement,
    )


def news_abstention(arguments: argparse.Namespace) -> Ground:
    """Index the weeks before a day, ask of before and of after; what the older articles answer by accident is dropped."""
    news, chance = _news(arguments.read, 2023), random.Random(SEED)
    dates = sorted(q["date"] for q in news.questions)
    cut = dates[len(dates) // 2]
    before = [q for q in news.questions if q["date"] <= cut and any(news.articles[n]["published"] <= cut for n in news.gold[q["id"]])]
    asked = chance.sample(before, min(arguments.questions // 2, len(before)))
    known = {q["id"]: [n for n in news.gold[q["id"]] if news.articles[n]["published"] <= cut] for q in asked}
    ids = dict.fromkeys(name for names in known.values() for name in names)
    older = [name for name, article in news.articles.items() if name not in ids and article["published"] <= cut]
    ids |= dict.fromkeys(chance.sample(older, max(0, min(len(older), arguments.articles - len(ids)))))
    later = (date.fromisoformat(cut) + GAP).isoformat()
    after = [q for q in news.questions if q["date"] > later]
    chance.shuffle(after)
    texts = [(normalise(news.articles[name]["text"]), _stems(news.articles[name]["text"])) for name in ids]
    unanswerable = [q for q in after if not _answered_by_accident(q, texts)][: arguments.questions // 2]
    narrowed = News(news.articles, news.questions, news.gold | known)
    return Ground(
        "news-abstention",
        _files(news, ids),
        [_asked(narrowed, q, answerable=True) for q in asked] + [_asked(news, q, answerable=False) for q in unanswerable],
        ("right", "declined", "refused", "abstention_precision", "abstention_f1", "aurc", "utility"),
        ("nothing for this split, which is ours",),
    )


def _answered_by_accident(question: Mapping[str, Any], texts: Sequence[tuple[str, frozenset[str]]]) -> bool:
    """Whether an article holds the answer and half of the question's words."""
    words = {stem(word) for word in query_words(question["question"])}
    answer = f" {normalise(question['answer'])} "
    return any(answer in f" {text} " and len(words & stems) >= len(words) / 2 for text, stems in texts)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in query_words(text))


# Others


def squad2(arguments: argparse.Namespace) -> Ground:
    """Paragraphs as documents; questions that theirs answers, and questions written to look as if it did."""
    rows = _sampled(_rows(arguments.read / "squad2" / "dev-part.jsonl.gz"), arguments.questions)
    files = {context: f"paragraph-{i:03}.txt" for i, context in enumerate(dict.fromkeys(row["context"] for row in rows))}
    questions = []
    for row in rows:
        expected: dict[str, Any] = {}
        if row["answers"]:
            quotes = dict.fromkeys(_sentence_at(row["context"], answer["start"]) for answer in row["answers"])
            expected["answers"] = list(dict.fromkeys(answer["text"] for answer in row["answers"]))
            expected["evidence"] = [{"source": files[row["context"]], "quote": quote} for quote in quotes]
        questions.append({"id": row["id"], "question": row["question"], "answerable": bool(row["answers"]), "tags": ["squad"], **expected})
    return Ground(
        "squad2",
        {name: context for context, name in files.items()},
        questions,
        ("right", "contains", "exact", "f1", "declined", "refused", "abstention_f1", "hit@1", "citation_f1"),
        (
            "MiniLM trained on all of train: 76.1 EM, 79.5 F1 (dev); BiDAF without answer: 59.2 / 62.1 (test). They read the one right "
            "paragraph and mark a span; here it must first be found among all, and sentences are quoted. 'right' stands beside EM",
        ),
    )


def _sentence_at(text: str, offset: int) -> str:
    return next((text[s.start : s.end] for s in sentences(text, Span(0, len(text))) if s.start <= offset < s.end), text)


def ramdocs(arguments: argparse.Namespace) -> Ground:
    """Questions whose documents disagree: every right answer must be shown, and no wrong one."""
    rows = _sampled(_rows(arguments.read / "ramdocs" / "even.jsonl.gz"), arguments.questions)
    sources: dict[str, str] = {}
    questions: list[dict[str, Any]] = []
    for i, row in enumerate(rows):
        names = [f"{i:03}-{j}.txt" for j in range(len(row["documents"]))]
        sources |= {name: document["text"] + "\n" for name, document in zip(names, row["documents"], strict=True)}
        gold = [name for name, document in zip(names, row["documents"], strict=True) if document["type"] == "correct"]
        answers = [answer for answer in row["gold_answers"] if any(contains(sources[name], answer) for name in gold)]
        if answers:
            tags = ["conflict"] if len({*row["gold_answers"], *row["wrong_answers"]}) > 1 else []
            questions.append({"id": f"ramdocs-{i}", "question": row["question"], "must_include": answers, "gold_sources": gold, "tags": tags,
                              "wrong_answers": row["wrong_answers"]})  # fmt: skip
    return Ground(
        "ramdocs",
        sources,
        questions,
        ("both_sides", "refused", "citation_precision", "hit@1", "recall@10"),
        (
            "Llama 3.3 70B with all of a question's documents before it: 32.6 exact match (every right answer, no wrong one). Here the "
            "documents of all questions are one library, answers are quoted, and 'every right answer and no wrong one' asks for words that stand in them",
        ),
        extra=_all_right_and_none_wrong,
    )


def _all_right_and_none_wrong(results: Sequence[Result]) -> dict[str, float]:
    def exact(result: Result) -> bool:
        said = said_by(result) if result.answer.abstained is None else ""
        right = all(contains(said, answer) for answer in result.question.must_include)
        return right and not any(contains(said, answer) for answer in result.question.extra["wrong_answers"])

    return {"every right answer and no wrong one": mean(map(exact, results))}


def summhay(arguments: argparse.Namespace) -> Ground:
    """Two hundred articles on two topics; each query has insights, each insight the documents that state it."""
    sources: dict[str, str] = {}
    questions: list[dict[str, Any]] = []
    for name in ("news1", "news2"):
        with gzip.open(arguments.read / "summhay" / f"{name}.json.gz", "rt", encoding="utf-8") as file:
            topic = json.load(file)
        sources |= {f"{name}-{document['id']}.txt": document["text"] + "\n" for document in topic["documents"]}
        for query in topic["queries"]:
            gold = dict.fromkeys(f"{name}-{document}.txt" for insight in query["insights"] for document in insight["documents"])
            insights = [{"insight": i["insight"], "sources": [f"{name}-{d}.txt" for d in i["documents"]]} for i in query["insights"]]
            questions.append({"id": query["id"], "question": f"Summarise what the articles say on this: {query['query'].rstrip('?')}",
                              "gold_sources": list(gold), "tags": [name], "insights": insights})  # fmt: skip
    return Ground(
        "summhay",
        sources,
        questions,
        ("citation_precision", "citation_recall", "citation_f1", "refused", "hit@1", "words"),
        (
            "joint score (coverage times citation F1): people 56; GPT-4o and Claude 3 Opus given all documents, below 20. There a model judges "
            "whether an insight is covered; here half of its words must stand in one quoted statement, and five statements at most are quoted",
        ),
        extra=_coverage,
    )


def _coverage(results: Sequence[Result]) -> dict[str, float]:
    """The share of insights that a statement covers, and over those the F1 of the documents cited for them."""
    covered: list[float] = []
    cited_f1: list[float] = []
    for result in results:
        by_number = {citation.number: citation for citation in result.answer.citations}
        for insight in result.question.extra["insights"]:
            words = _stems(insight["insight"])
            covering = [s for s in result.answer.statements if len(words & _stems(s.text)) >= len(words) / 2]
            covered.append(float(bool(covering)))
            if covering:
                cited = {name for s in covering for n in s.citations for name in (by_number[n].source, *(p.source for p in by_number[n].also_in))}
                gold = set(insight["sources"])
                cited_f1.append(f1(len(cited & gold) / len(cited), len(cited & gold) / len(gold)) if cited else 0.0)
    coverage, citation = mean(covered), mean(cited_f1 or [0.0])
    return {"insights covered": coverage, "citation F1 of those": citation, "joint score": coverage * citation}


SETS: dict[str, Build] = {
    "news-2023": news_of(2023),
    "news-2024": news_of(2024),
    "news-quarter": news_quarter,
    "news-abstention": news_abstention,
    "squad2": squad2,
    "ramdocs": ramdocs,
    "summhay": summhay,
}


if __name__ == "__main__":
    sys.exit(main())
