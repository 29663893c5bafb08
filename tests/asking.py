"""A made-up library, questions to it, and what must hold of every answer. Shared by the tests of asking."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Document, Hit, Passage, StatementEvent
from assistant.wire import answer_to_json
from tests.fakes import ROOT, write

ARTICLES = ROOT.parent / "shared" / "articles"


def report(body: str, *, title: str, published: str | None = None, publisher: str | None = None) -> str:
    """A Markdown file with front matter."""
    stated = {"title": title, "published": published, "publisher": publisher}
    lines = [f"{key}: {value}" for key, value in stated.items() if value]
    return "\n".join(["---", *lines, "---", "", body, ""])


BRIDGE = (
    "The new bridge over the Ilm opens on 3 June 2025, the builder said. Tolls of 4 euros a car will pay for it. "
    "Two lanes lead each way, and a path for bicycles runs beside them."
)

NORVIA: Mapping[str, str | bytes] = {
    "fund.md": report(
        "The harbour fund of Norvia holds $40 million, the port authority said. It was set up by the council in spring.\n\n"
        "Harbour master Karl Lund leads the dredging project. He said on Monday that the work would take 9 weeks.",
        title="Norvia sets money aside for its harbour", published="2024-05-02", publisher="Port Gazette",
    ),
    "critics.md": report(
        "Critics of the port say that the harbour fund of Norvia holds $55 million. They want a part of it for the schools.\n\n"
        "Transport minister Oskar Hald claimed that the fund had been approved by the old parliament. However, no such vote was ever held.",
        title="Too much for the quay, say critics", published="2024-05-09", publisher="Norvia Courier",
    ),
    "ferries/batteries.txt": (
        "Ferries of Norvia turn to batteries\n\n"
        "Some 45 percent of the ferries in Norvia run on batteries, a survey found. 🚢 The rest still burn diesel.\n\n"
        "“We will not buy another diesel engine,” ferry director Anna Berg said. “That time is over.”\n"
    ),
    "bridge.md": b"\xef\xbb\xbf" + report(
        f"{BRIDGE}\n\nTransport minister Oskar Hald called the bridge a gift to the islands.",
        title="Bridge to open in June", published="2024-06-01", publisher="Port Gazette",
    ).replace("\n", "\r\n").encode(),
    "wire/bridge-again.md": report(BRIDGE, title="Islands wait for the bridge", published="2024-06-03", publisher="Norvia Courier"),
    "strike.md": report(
        "Some 4,200 dockers in Norvia walked out on Tuesday over night shifts. They returned to work two days later, because the "
        "port gave way.\n\nThe dockers had asked for a longer rest between shifts.",
        title="Dockers end their walkout", published="2024-04-11", publisher="Norvia Courier",
    ),
}  # fmt: skip

QUESTIONS = (
    "How large is the harbour fund of Norvia?", "Who leads the dredging project?", "How long will the dredging take?",
    "What share of the ferries run on batteries?", "What did Anna Berg say?", "When does the new bridge open?",
    "How much is the toll?", "How many dockers walked out?", "Why did the dockers return to work?", "What did Oskar Hald call the bridge?",
    "Was the fund approved by parliament?", "Summarise the news about the harbour", "What is new?", "Compare the views on the fund",
    "What is the capital of France?", "Who won the chess championship?", "hello", "What do the critics want?",
    "Tell me about the bridge", "How do the ferries run?",
)  # fmt: skip


class AssistantWith(Assistant):
    """An assistant with an encoder that is open already."""

    def __init__(self, settings: Settings, encoder: Any) -> None:
        super().__init__(settings, notify=lambda message: None)
        self._given = encoder

    @property
    def encoder(self) -> Any:
        return self._given


def assistant_in(
    folder: Path, encoder: Any, files: Mapping[str, str | bytes] | None = None, *, synced: bool = True, **given: Any
) -> AssistantWith:
    """An open assistant of `folder/sources` and `folder/data`, its index up to date, Chroma left alone.

    Other keywords are Settings fields.
    """
    settings = Settings(**{"sources": folder / "sources", "data": folder / "data", **given})
    settings.sources.mkdir(parents=True, exist_ok=True)
    write(settings.sources, files or {})
    assistant = AssistantWith(settings, encoder)
    assistant.library.open()
    if synced:
        assistant.library.sync(mirror=False)
    return assistant


def hit_of(text: str, passage: str | None = None, *, source: str = "a.txt", **stated: Any) -> Hit:
    """A hit on all of a text, or on the part of it that `passage` is."""
    document = Document(f"id-of-{source}", source, text, **stated)
    start = text.index(passage) if passage else 0
    end = start + len(passage) if passage else len(text)
    return Hit(Passage(document.id, start, end, text[start:end]), document, 1.0, 1, 0.5)


def comparable(answer: Answer) -> str:
    """The JSON of an answer without its timings, which alone may differ."""
    return json.dumps({**answer_to_json(answer), "timings_ms": None}, ensure_ascii=False)


def all_answers(assistant: Assistant, questions: Sequence[str] = QUESTIONS) -> list[str]:
    return [comparable(assistant.ask(question)) for question in questions]


def text_on_disk(folder: Path, source: str) -> str:
    with open(folder / source, encoding="utf-8-sig") as file:
        return file.read()


def check_answer(answer: Answer, folder: Path) -> None:
    """Assert what must hold of every answer, against the files themselves."""
    for citation in answer.citations:
        text = text_on_disk(folder, citation.source)
        assert text[citation.start : citation.end] == citation.quote
        plain = citation.source.endswith((".md", ".txt"))
        assert citation.line == (text[: citation.start].count("\n") + 1 if plain else None)
        assert citation.quote == citation.quote.strip() != ""
        for place in citation.also_in:
            assert text_on_disk(folder, place.source)[place.start : place.end] == citation.quote
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {number for s in answer.statements for number in s.citations} == set(numbers)
    quotes = {citation.number: citation.quote for citation in answer.citations}
    for statement in answer.statements:
        assert [statement.text] == [" ".join(quotes[number].split()) for number in statement.citations]
    for disagreement in answer.disagreements:
        assert len(disagreement.values) > 1
        assert len({claim.citation for claim in disagreement.values}) == len(disagreement.values)
        for claim in disagreement.values:
            assert claim.value in quotes[claim.citation]
    assert bool(answer.abstained) == (not answer.statements)
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)
    for hit in answer.hits:
        assert text_on_disk(folder, hit.document.source)[hit.passage.start : hit.passage.end] == hit.passage.text


def statements_of(events: Sequence[Any]) -> list[str]:
    return [event.statement.text for event in events if isinstance(event, StatementEvent)]


def run_command(
    *arguments: str | Path, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None, program: Sequence[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the real command; nothing of this process's settings reaches it."""
    return subprocess.run(
        [*(program or (sys.executable, "-m", "assistant")), *map(str, arguments)],
        cwd=cwd, input=stdin, env=environment(**(env or {})), capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def environment(**given: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not re.match(r"ASSISTANT_|NO_COLOR|FORCE_COLOR|COLUMNS|PYTHON(?!PATH)", k)}
    return {**kept, "COLUMNS": "100", "HF_HUB_OFFLINE": "1", **given}
