"""A question set on the made-up library of `tests.asking`, results without an assistant, and a retriever gone wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.evaluation.metrics import Target
from assistant.evaluation.questions import Question, parse_question
from assistant.evaluation.runs import Result
from assistant.types import (
    Abstained,
    AbstainReason,
    Answer,
    Citation,
    Document,
    Hit,
    Passage,
    Place,
    Statement,
)

FUND = "The harbour fund of Norvia holds $40 million, the port authority said."
CRITICS = "Critics of the port say that the harbour fund of Norvia holds $55 million."
RECORDS: tuple[dict[str, Any], ...] = (
    {"id": "fund", "question": "How large is the harbour fund of Norvia?", "must_include": ["$40 million", "$55 million"],
     "evidence": [{"source": "fund.md", "quote": FUND}, {"source": "critics.md", "quote": CRITICS}], "tags": ["conflict", "number"]},
    {"id": "dredging", "question": "Who leads the dredging project?", "answers": ["Karl Lund"],
     "evidence": [{"source": "fund.md", "quote": "Harbour master Karl Lund leads the dredging project."}], "tags": ["fact"]},
    {"id": "how-long", "question": "How long will it take?", "history": ["Who leads the dredging project?"], "answers": ["9 weeks", "nine weeks"],
     "evidence": [{"source": "fund.md", "quote": "He said on Monday that the work would take 9 weeks."}], "tags": ["followup"]},
    {"id": "batteries", "question": "What share of the ferries run on batteries?", "answers": ["45 percent"],
     "evidence": [{"source": "ferries/batteries.txt", "quote": "Some 45 percent of the ferries in Norvia run on batteries, a survey found."}], "tags": ["fact", "number"]},
    {"id": "bridge", "question": "When does the new bridge open?", "answers": ["3 June 2025"],
     "evidence": [{"source": "wire/bridge-again.md", "quote": "The new bridge over the Ilm opens on 3 June 2025, the builder said."}], "tags": ["fact"]},
    {"id": "toll", "question": "How high is the toll on the bridge?", "answers": ["4 euros"], "gold_sources": ["bridge.md"], "tags": ["fact", "number"]},
    {"id": "dockers", "question": "How many dockers walked out?", "answers": ["4,200"],
     "evidence": [{"source": "strike.md", "quote": "Some 4,200 dockers in Norvia walked out on Tuesday over night shifts."}], "tags": ["fact", "number"]},
    {"id": "gift", "question": "What did Oskar Hald call the bridge?", "answers": ["a gift to the islands"],
     "evidence": [{"source": "bridge.md", "quote": "Transport minister Oskar Hald called the bridge a gift to the islands."}], "tags": ["fact"]},
    {"id": "france", "question": "What is the capital of France?", "answerable": False, "tags": ["far"]},
    {"id": "chess", "question": "Who won the chess championship?", "answerable": False, "tags": ["far"]},
    {"id": "mayor", "question": "How old is the mayor of Norvia?", "answerable": False, "tags": ["near"]},
)  # fmt: skip


def write_set(path: Path, records: Sequence[Mapping[str, Any] | str] = RECORDS) -> Path:
    """A question set; a record that is a string is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def question(id: str = "q", **fields: Any) -> Question:
    fields = {"answers": ["42"]} | fields if fields.get("answerable", True) else fields
    return parse_question({"id": id, "question": f"What about {id}?", **fields}, set="made-up")


TEXT = "The fund holds 42 crowns. The quay is long. The mayor is old. The tide is high."
"""Sentences at 0-25, 26-43, 44-61 and 62-79."""
SPANS = ((0, 25), (26, 43), (44, 61), (62, 79))


def result(
    asked: Question | None = None,
    *,
    cited: Sequence[int] = (),
    hits: Sequence[int] = (),
    evidence: Sequence[int] = (),
    declined: bool = False,
    **answer: Any,
) -> Result:
    """A result on TEXT: which of its sentences were cited, found (in order) and expected; each cited one is a statement."""
    asked = asked or question()
    document = Document("0" * 16, "made-up.txt", TEXT, sha256="0")
    citations = tuple(_citation(number, document, *SPANS[i]) for number, i in enumerate(cited, start=1))
    given = Answer(
        asked.question,
        asked.question,
        statements=tuple(Statement(c.quote, (c.number,)) for c in citations),
        citations=citations,
        hits=tuple(
            Hit(Passage(document.id, *SPANS[i], TEXT[slice(*SPANS[i])]), document, 1.0 - rank / 10, rank)
            for rank, i in enumerate(hits, start=1)
        ),
        abstained=Abstained(AbstainReason.NOT_IN_SOURCES, "No.") if declined else None,
    )
    targets: tuple[Target, ...] = tuple((Place("made-up.txt", *SPANS[i]),) for i in evidence)
    return Result(asked, replace(given, **answer), targets, False, (True,) * len(citations))


def _citation(number: int, document: Document, start: int, end: int) -> Citation:
    return Citation(number, document.id, document.source, start, end, document.text[start:end], 1)


def second_best_first(ordered: Callable[[str, list[Hit]], list[Hit]]) -> Callable[[str, list[Hit]], list[Hit]]:
    """What puts hits in order, with a fault: the best one comes second."""

    def swapped(question: str, hits: list[Hit]) -> list[Hit]:
        found = ordered(question, hits)
        placed = zip([*found[1:2], *found[:1], *found[2:]], found, strict=True)
        return [replace(hit, rank=instead.rank, score=instead.score) for hit, instead in placed]

    return swapped
