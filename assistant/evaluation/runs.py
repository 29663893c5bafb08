"""Questions + an assistant -> results: every question asked, every quote checked against the sources.

In: checked questions. Out: one `Result` a question, in their order, and what the run rests on (`Provenance`).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant import __version__
from assistant.assistant import Assistant
from assistant.evaluation.metrics import Target
from assistant.evaluation.questions import Question, TextOf
from assistant.types import Answer, Citation, Hit, Place
from assistant.wire import answer_to_json

Progress = Callable[[int, int], None]
"""Questions done, and in all."""


@dataclass(frozen=True, slots=True)
class Result:
    """One question and its answer, with what scoring them needs.

    Attributes:
        targets: What answers the question, each with all places where it stands: its evidence, else its gold sources.
        by_document: The targets are whole documents.
        verbatim: Whether each citation's quote stands in its source, to the character.
    """

    question: Question
    answer: Answer
    targets: tuple[Target, ...] = ()
    by_document: bool = False
    verbatim: tuple[bool, ...] = ()

    @property
    def confidence(self) -> float:
        """How sure the answer is, for ranking answers: the answerer's word for it, else the best hit's score."""
        if self.answer.confidence is not None:
            return self.answer.confidence
        return self.answer.hits[0].score if self.answer.hits else 0.0


def run(assistant: Assistant, questions: Sequence[Question], *, progress: Progress | None = None) -> list[Result]:
    """Ask every question. The index must be up to date."""
    text_of = source_texts(assistant)
    assistant.search(questions[0].question, top_k=1)  # loads the model, so that no answer's time holds it
    results = []
    for n_done, question in enumerate(questions, start=1):
        answer = assistant.ask(question.question, history=question.history)
        results.append(result_of(question, answer, text_of))
        if progress:
            progress(n_done, len(questions))
    return results


def result_of(question: Question, answer: Answer, text_of: TextOf) -> Result:
    """An answer with its question's targets found in the sources and its citations checked."""
    verbatim = tuple((text_of(c.source) or "")[c.start : c.end] == c.quote != "" for c in answer.citations)
    return Result(question, answer, targets(question, text_of), not question.evidence, verbatim)


def targets(question: Question, text_of: TextOf) -> tuple[Target, ...]:
    """Each evidence quote with every place where it stands in its source; without evidence, the gold sources, whole."""
    if question.evidence:
        return tuple(tuple(_places(e.source, e.quote, text_of(e.source) or "")) for e in question.evidence)
    return tuple((Place(source, 0, len(text_of(source) or "")),) for source in question.gold_sources)


def _places(source: str, quote: str, text: str) -> Iterator[Place]:
    start = text.find(quote)
    while start >= 0:
        yield Place(source, start, start + len(quote))
        start = text.find(quote, start + 1)


def source_texts(assistant: Assistant) -> TextOf:
    """Texts of sources as the index holds them, the latest ones remembered."""

    @lru_cache(maxsize=500)
    def text_of(source: str) -> str | None:
        document = assistant.library.catalog.document_by_source(source)
        return document.text if document else None

    return text_of


def hit_places(hit: Hit) -> tuple[Place, ...]:
    """Where a hit stands, its copies too."""
    return (Place(hit.document.source, hit.passage.start, hit.passage.end), *hit.also_in)


def citation_places(citation: Citation) -> tuple[Place, ...]:
    """Where a citation stands, its copies too."""
    return (Place(citation.source, citation.start, citation.end), *citation.also_in)


def result_to_json(result: Result) -> dict[str, Any]:
    """A line of `results.jsonl`."""
    return {"id": result.question.id, "question": result.question.question, "answer": answer_to_json(result.answer)}


# What a run rests on

SETTINGS_THAT_MOVE_ANSWERS = ("answerer", "model", "model_url", "encoder", "reader", "neighbours", "top_k", "max_file_mb", "max_file_seconds")


def provenance(assistant: Assistant, results: Sequence[Result]) -> dict[str, Any]:
    """What would have to be the same for a run to come out the same: code, settings, corpus, models, questions."""
    documents = [assistant.library.catalog.document_by_source(d.source) for d in assistant.documents()]
    corpus = "\n".join(f"{d.source} {d.sha256}" for d in documents if d)
    questions = "\n".join(sorted(fingerprint(result.question) for result in results))
    settings = {f.name: getattr(assistant.settings, f.name) for f in fields(assistant.settings)}
    settings["model_url"] = re.sub(r"//[^/]*@", "//", settings["model_url"])  # a name and password in it are nobody's business
    return {
        "version": __version__,
        "commit": commit(),
        "settings": {name: settings[name] for name in SETTINGS_THAT_MOVE_ANSWERS if name in settings},
        "corpus": {"sha256": _digest(corpus), "documents": len(documents), "passages": assistant.overview().n_passages},
        "model": {
            "encoder": assistant.encoder.id,
            "reader": assistant.reader.id if assistant.reader else None,
            "answerer": sorted({result.answer.answerer for result in results}),
            "language_model": next((result.answer.model for result in results if result.answer.model), None),
        },
        "questions": {"sha256": _digest(questions), "count": len(results)},
    }


def fingerprint(question: Question) -> str:
    """A digest of what is asked and expected; tags and notes do not count."""
    q = question
    return _digest(repr((q.id, q.question, q.history, q.answerable, q.answers, q.must_include, q.evidence, q.gold_sources)))


def commit() -> str | None:
    """The commit this code is at, `-dirty` where the code has changed since; None outside a repository of its own."""
    package = Path(__file__).resolve().parent.parent
    try:
        root = _git(package, "rev-parse", "--show-toplevel")
        if Path(root).resolve() != package.parent:
            return None
        dirty = "-dirty" if _git(package, "status", "--porcelain", "--", ".") else ""
        return _git(package, "rev-parse", "HEAD") + dirty
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
