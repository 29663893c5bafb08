"""Questions on the five original articles, answered as the product does it: does what is quoted first hold an answering sentence?

    python eval/reader/originals.py           part `test` was written before the reader was trained and has set nothing

The articles lie beside the project; `questions/originals.jsonl` names their files and the offsets of the answering sentences.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from examples import QUESTIONS

from assistant import Assistant
from assistant.types import Answer

ARTICLES = Path(__file__).resolve().parents[3] / "shared" / "articles"


def main() -> int:
    if not ARTICLES.is_dir():
        print("The articles are not beside the project; nothing was measured.")
        return 0
    assistant = Assistant.open(ARTICLES, data=Path(".assistant/reader/originals"))
    assistant.sync()
    rows = [json.loads(line) for line in (QUESTIONS / "originals.jsonl").read_text("utf-8").splitlines()]
    for part in ("dev", "test"):
        counts: Counter[str] = Counter()
        for row in rows:
            if row["part"] == part:
                counts.update(_judged(row, assistant.ask(row["question"])))
        n, m = counts["answerable"], counts["unanswerable"]
        print(
            f"{part}: first statement answers {counts['first'] / n:.3f}, one of the first two {counts['first two'] / n:.3f}, any {counts['any'] / n:.3f}, "
            f"refused {counts['refused'] / n:.3f} (n = {n}); unanswerable declined {counts['declined'] / m:.3f} (n = {m})"
        )
    return 0


def _judged(row: dict[str, Any], answer: Answer) -> Counter[str]:
    declined = answer.abstained is not None
    if not row["sentences"]:
        return Counter({"unanswerable": 1, "declined": int(declined)})
    by_number = {citation.number: citation for citation in answer.citations}
    holds = [
        any(
            citation.start < end and start < citation.end
            for citation in (by_number[number] for number in statement.citations)
            for start, end in row["sentences"].get(citation.source, ())
        )
        for statement in answer.statements
    ]
    return Counter({"answerable": 1, "first": int(any(holds[:1])), "first two": int(any(holds[:2])), "any": int(any(holds)), "refused": int(declined)})


if __name__ == "__main__":
    sys.exit(main())
