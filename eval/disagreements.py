"""How often sources that differ about what is asked are shown side by side, and how often sources that do not are said to.

    python eval/disagreements.py                 both sets
    python eval/disagreements.py dev --failures  one set, and the cases that went wrong

A case is a question, three or four short reports, and whether two of them give different values for the very thing it asks. All cases of a set
lie in one library, as in a folder of one person. `test` is by another writer than `dev`, on other beats, and was not looked at while the rules were made.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from assistant import Assistant
from assistant.settings import BUNDLED_READER, Settings
from assistant.types import Answer

SETS = Path(__file__).parent / "disagreements"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help="dev, test (default: both)")
    parser.add_argument("--reader", default=BUNDLED_READER, help="as in the settings; none to leave it out")
    parser.add_argument("--failures", action="store_true", help="print the cases that went wrong")
    arguments = parser.parse_args()
    for name in arguments.sets or ("dev", "test"):
        cases = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        with tempfile.TemporaryDirectory() as folder:
            report(name, cases, asked(cases, Path(folder), arguments.reader), failures=arguments.failures)
    return 0


def asked(cases: list[dict[str, Any]], folder: Path, reader: str) -> list[Answer]:
    """The answers to the cases' questions from one library of all their documents."""
    sources = folder / "sources"
    sources.mkdir()
    for case in cases:
        for n, document in enumerate(case["documents"]):
            stated = "".join(f"{key}: {json.dumps(document[key], ensure_ascii=False)}\n" for key in ("title", "publisher", "published"))
            (sources / f"{case['id']}-{n}.md").write_text(f"---\n{stated}---\n\n{document['text']}\n", encoding="utf-8")
    assistant = Assistant.open(settings=Settings(sources=sources, data=folder / "data", reader=reader))
    assistant.sync()
    return [assistant.ask(case["question"]) for case in cases]


def shows(answer: Answer, values: list[str]) -> bool:
    """Whether a disagreement is shown with a side for each value: the very words, or figures, in the side's value or, where that is cut short, in its quote."""
    sides = [side for disagreement in answer.disagreements for side in disagreement.values]
    quoted = {citation.number: citation.quote for citation in answer.citations}
    told = [f"{side.value} | {quoted.get(side.citation, '')}" for side in sides]
    return bool(told) and all(any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) for text in told) for value in values)


def report(name: str, cases: list[dict[str, Any]], answers: list[Answer], *, failures: bool) -> None:
    differ = [(case, answer) for case, answer in zip(cases, answers, strict=True) if case["differs"]]
    agree = [(case, answer) for case, answer in zip(cases, answers, strict=True) if not case["differs"]]
    missed = [pair for pair in differ if not shows(pair[1], pair[0]["values"])]
    alarms = [pair for pair in agree if pair[1].disagreements]
    both = sum(all(value in " ".join(c.quote for c in answer.citations) for value in case["values"]) for case, answer in differ)
    print(f"{name}: shown as a disagreement {len(differ) - len(missed)} of {len(differ)}, both values quoted {both}; false alarms {len(alarms)} of {len(agree)}")
    kinds = Counter(case["kind"] for case, _ in differ)
    lacking = Counter(case["kind"] for case, _ in missed)
    print("  shown by kind: " + ", ".join(f"{kind} {n - lacking[kind]}/{n}" for kind, n in kinds.most_common()))
    if not failures:
        return
    for what, pairs in (("missed", missed), ("false alarm", alarms)):
        for case, answer in pairs:
            shown = [side.value for disagreement in answer.disagreements for side in disagreement.values]
            print(f"\n{what} {case['id']} ({case['kind']}): {case['question']}\n  {case['values'] or case['why']}; shown {shown}, confidence {answer.confidence}")
            print("\n".join(f"  [{c.source}] {c.quote}" for c in answer.citations) or f"  {answer.abstained and answer.abstained.message}")


if __name__ == "__main__":
    sys.exit(main())
