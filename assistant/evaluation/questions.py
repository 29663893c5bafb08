"""Question sets (JSON lines) -> checked questions. What is wrong with a set is told by file and line, all at once.

In: files of the format that eval/README.md describes. Out: `Question`s, and the `Problem`s of those left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from assistant.errors import AssistantError
from assistant.exchange import MAX_QUESTION_CHARS

HOW_TO_BEGIN = "Name a file of JSON lines, or draft one: assistant eval --draft 20"
TOLD = 10
"""Lines told of one by one where a set is refused; more are counted."""

TextOf = Callable[[str], str | None]
"""The text of a source, None where there is no such source."""


class EvaluationError(AssistantError):
    """A question set, run or baseline that cannot be used."""


class Evidence(NamedTuple):
    """Words of a source that answer; they count wherever they stand in it."""

    source: str
    quote: str


class Problem(NamedTuple):
    """What is wrong with one line of a question set."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what is expected of its answer.

    Attributes:
        id: Unique in a run.
        set: The name of the set, its file's without `.jsonl`.
        history: What was asked before, oldest first, as `Assistant.ask` takes it.
        answerable: Whether the sources answer it; where not, declining is right.
        answers: Alternatives, any of which is right.
        must_include: Strings that must all appear.
        evidence: Quotes that answer.
        gold_sources: Documents that answer, where no more is known.
        draft: Proposed by rule, not yet checked by a person.
        extra: Fields this format does not name, as they stood.
    """

    id: str
    question: str
    set: str = ""
    history: tuple[str | dict[str, str], ...] = ()
    answerable: bool = True
    answers: tuple[str, ...] = ()
    must_include: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    gold_sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    draft: bool = False
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


def load_questions(
    paths: Sequence[Path], *, text_of: TextOf, lenient: bool = False
) -> tuple[list[Question], list[Problem]]:
    """Read and check question sets.

    Args:
        paths: Files of JSON lines, or folders of `.jsonl` files.
        text_of: For checking that evidence stands in its source.
        lenient: Leave out the lines that are wrong instead of refusing them all.

    Returns:
        The questions in order, and what is wrong with those left out (nothing unless `lenient`).

    Raises:
        EvaluationError: If a file cannot be read or holds no JSON lines, no question is left, or a line is wrong and not `lenient`.
    """
    questions: list[Question] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for path in set_files(paths):
        lines = list(_read_set(path))
        _check_json(path, [read for _, read in lines])
        for line, read in lines:
            question, message = read, ""
            if isinstance(question, Question):
                message = _repeated(question.id, places) or problem_with(question, text_of)
                places.setdefault(question.id, f"{path.as_posix()}:{line}")
            if isinstance(question, Question) and not message:
                questions.append(question)
            else:
                problems.append(Problem(path, line, message or str(read)))
    if problems and not lenient:
        raise EvaluationError(_told(problems))
    if not questions:
        left_out = f": all {len(problems)} lines are left out, such as {problems[0]}" if problems else ""
        raise EvaluationError(f"There is no question to ask in {', '.join(map(str, paths)) or 'no set'}{left_out}. {HOW_TO_BEGIN}")
    return questions, problems


def set_files(paths: Iterable[Path]) -> list[Path]:
    """The files of question sets; a folder stands for its `.jsonl` files by name.

    Raises:
        EvaluationError: If a path is not there, or a folder has no set.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not path.exists() or not inside:
            raise EvaluationError(f"There is no question set '{path}'. {HOW_TO_BEGIN}")
        files += [file for file in inside if file not in files]
    return files


def set_name(path: Path) -> str:
    return path.name.removesuffix(".jsonl")


def problem_with(question: Question, text_of: TextOf) -> str:
    """Why a question cannot be counted; empty where it can."""
    if question.draft:
        return f"'{question.id}' is a draft: check it, then take its \"draft\" mark away"
    if not question.question.strip() or len(question.question) > MAX_QUESTION_CHARS:
        return f"'{question.id}' has a question of {len(question.question)} characters; from 1 to {MAX_QUESTION_CHARS} can be asked"
    expected = (*question.answers, *question.must_include, *question.evidence, *question.gold_sources)
    if question.answerable and not expected:
        return f"'{question.id}' says nothing to score it by: give answers, must_include, evidence or gold_sources"
    if not question.answerable and (question.answers or question.must_include):
        return f"'{question.id}' is not answerable, yet names an answer: drop one of the two"
    for source in question.gold_sources:
        if text_of(source) is None:
            return f"'{question.id}' names the source '{source}', which is not in the sources folder"
    for source, quote in question.evidence:
        text = text_of(source)
        if text is None:
            return f"'{question.id}' quotes the source '{source}', which is not in the sources folder"
        if quote not in text:
            return f"'{question.id}' quotes words that do not stand in {source}: {_shortened(quote)!r}"
    return ""


def parse_question(record: Any, *, set: str = "") -> Question:
    """A question from its JSON object.

    Raises:
        ValueError: Naming the field that is not of its kind.
    """
    if not isinstance(record, dict):
        raise ValueError("is no JSON object")
    _must(isinstance(record.get("id"), str) and record["id"].strip(), '"id" must be a text that is not empty')
    _must(isinstance(record.get("question"), str), '"question" must be a text')
    for name in ("answerable", "draft"):
        _must(isinstance(record.get(name, True), bool), f'"{name}" must be true or false')
    texts = {name: record.get(name, []) for name in ("answers", "must_include", "gold_sources", "tags")}
    for name, value in texts.items():
        given = isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value)
        _must(given, f'"{name}" must be a list of texts, none of them empty')
    return Question(
        id=record["id"],
        question=record["question"],
        set=set,
        history=_history(record.get("history", [])),
        answerable=record.get("answerable", True),
        evidence=_evidence(record.get("evidence", [])),
        draft=record.get("draft", False),
        extra={name: value for name, value in record.items() if name not in FIELDS},
        **{name: tuple(value) for name, value in texts.items()},
    )


FIELDS = frozenset("id question history answerable answers must_include evidence gold_sources tags draft".split())


def question_to_json(question: Question) -> dict[str, Any]:
    """The object that stands on a question's line."""
    record: dict[str, Any] = {
        "id": question.id,
        "question": question.question,
        "history": list(question.history),
        "answerable": question.answerable,
        "answers": list(question.answers),
        "must_include": list(question.must_include),
        "evidence": [evidence._asdict() for evidence in question.evidence],
        "gold_sources": list(question.gold_sources),
        "tags": list(question.tags),
    }
    return record | ({"draft": True} if question.draft else {}) | question.extra


def _read_set(path: Path) -> Iterator[tuple[int, Question | str]]:
    """Each line that is not blank, with its number: a question, or what is wrong with the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationError(f"The question set '{path}' cannot be read: {exc}.") from exc
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, parse_question(json.loads(line), set=set_name(path))
            except json.JSONDecodeError as exc:
                yield number, f"{NO_JSON}: {exc.msg} (column {exc.colno})"
            except (ValueError, RecursionError) as exc:
                yield number, str(exc)


NO_JSON = "is no JSON"


def _check_json(path: Path, lines: Sequence[Question | str]) -> None:
    """A file of several lines, none of them JSON, is something else, and its lines are not told one by one."""
    if len(lines) > 1 and all(isinstance(line, str) and line.startswith(NO_JSON) for line in lines):
        raise EvaluationError(f"'{path}' is no question set: none of its {len(lines)} lines is JSON. {HOW_TO_BEGIN}")


def _history(value: Any) -> tuple[str | dict[str, str], ...]:
    _must(isinstance(value, list), '"history" must be a list')
    for item in value:
        message = isinstance(item, dict) and isinstance(item.get("content"), str) and item.get("role") in ("user", "assistant")
        _must(isinstance(item, str) or message, '"history" must hold questions, or messages with "role" and "content"')
    return tuple(value)


def _evidence(value: Any) -> tuple[Evidence, ...]:
    _must(isinstance(value, list), '"evidence" must be a list')
    for item in value:
        given = isinstance(item, dict) and all(isinstance(item.get(name), str) for name in Evidence._fields)
        _must(given and item["quote"].strip(), '"evidence" must hold objects with "source" and "quote"')
    return tuple(Evidence(item["source"], item["quote"]) for item in value)


def _must(condition: Any, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _repeated(question_id: str, places: dict[str, str]) -> str:
    return f"repeats the id '{question_id}' of {places[question_id]}" if question_id in places else ""


def _told(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return f"{problems[0]} (--lenient scores the rest)"
    lines = [f"  {problem}" for problem in problems[:TOLD]]
    if len(problems) > TOLD:
        lines.append(f"  and {len(problems) - TOLD} more")
    return "\n".join([f"{len(problems)} questions cannot be scored (--lenient scores the rest):", *lines])


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
