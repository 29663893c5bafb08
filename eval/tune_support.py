"""How well `assistant.support` tells what passages bear out, on judgments nobody here made and on claims of our own.

- WiCE dev: claims of Wikipedia with the whole web page they cite, judged by people. A page holds some 120 sentences and a claim often
  rests on several, so this is the hard end.
- `eval/support/*.jsonl`: paraphrases of passages, and the same with one figure, unit, name, date, negation, degree of certainty,
  agent or direction changed. `eval/reader/claims/*.jsonl`: the same on news articles.

The rules were set on the first three of SET_ON, the odds that the judge must give on all four. The others only tell: `unseen_test` and `sealed` are by writers who knew neither, and nobody reads them
(whoever does unseals them); `news test` rests on articles of October to December 2024, of which none was trained on.

    python eval/tune_support.py            some minutes
    python eval/tune_support.py --rules    without the judge
    python eval/tune_support.py -v         with what was missed and flagged, in the sets it was set on
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant import Assistant
from assistant.chunking import chunk
from assistant.encoder import open_encoder
from assistant.judging import open_judge
from assistant.remembering import Remembering
from assistant.support import Checked, check
from assistant.types import Document, Hit, Passage, Support

ROOT = Path(__file__).resolve().parent
DATA = ROOT.parents[1] / "shared" / "data"
CLAIMS = ROOT / "reader" / "claims"
SET_ON = ("cases", "held_out", "unseen_dev", "news dev")
TOLD = ("unseen_test", "sealed", "news test")
TRUE = "true"


class Case(NamedTuple):
    """A sentence, the passages it cites, and what was changed in it: TRUE for nothing."""

    kind: str
    sentence: str
    hits: list[Hit]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", action="store_true", help="judge by rules alone")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what was missed and flagged")
    given = parser.parse_args()
    encoder = open_encoder()
    embed, judge = Remembering(encoder).encode, None if given.rules else open_judge()
    own, news = own_passages(), news_passages(encoder)
    judged: dict[str, list[tuple[Case, Checked]]] = {}
    for name in (*SET_ON, *TOLD):
        cases = list(read_news(name, news) if name.startswith("news") else read_cases(name, own))
        judged[name] = [(case, check(case.sentence, case.hits, embed=embed, judge=judge)) for case in cases]
        if cases:
            report(name, judged[name], verbose=given.verbose and name in SET_ON)
    if not DATA.is_dir():
        print("The news articles and WiCE are not beside the project; their figures are left out.")
        return 0
    with gzip.open(DATA / "wice" / "dev.jsonl.gz", "rt", encoding="utf-8") as file:
        claims = [json.loads(line) for line in file]
    report_wice([(claim["label"] == "supported", check(claim["claim"], [page(claim)], embed=embed, judge=judge)) for claim in claims])
    return 0


# Claims of our own


def read_cases(name: str, passages: Mapping[str, Sequence[Hit]]) -> Iterator[Case]:
    for line in (ROOT / "support" / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        hits = [cited(row, passages)]
        yield Case(TRUE, row["supported"], hits)
        yield from (Case(kind, text, hits) for kind, text in row["changed"].items())


def own_passages() -> dict[str, list[Hit]]:
    """The passages of the project's own articles, by source, as the index cuts them."""
    with tempfile.TemporaryDirectory() as folder:
        assistant = Assistant.open(ROOT.parent / "sources", data=folder)
        assistant.sync()
        catalog = assistant.library.catalog
        documents = [catalog.document(summary.id) for summary in assistant.documents()]
        return {d.source: [Hit(p, d, 1.0, 1) for p in catalog.passages(d.id)] for d in documents if d}


def cited(row: Mapping[str, Any], passages: Mapping[str, Sequence[Hit]]) -> Hit:
    """The passage a case rests on: its own text, or the one of `source` in which `at` stands."""
    if "source" in row:
        return next(hit for hit in passages[row["source"]] if row["at"] in hit.passage.text)
    document = Document("0" * 16, "own.txt", row["text"])
    return Hit(Passage(document.id, 0, len(document.text), document.text), document, 1.0, 1)


def news_passages(counter: Any) -> dict[str, list[Hit]]:
    """The passages of the articles that claims are told on, by article; none where the articles are not beside the project."""
    if not DATA.is_dir():
        return {}
    wanted = {json.loads(line)["article"] for name in ("dev", "test") for line in (CLAIMS / f"{name}.jsonl").read_text("utf-8").splitlines()}
    found = {}
    with gzip.open(DATA / "news-qa" / "2024-articles.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["id"] in wanted:
                document = Document(row["id"], row["id"], row["text"], title=row["title"], published=row["published"])
                found[row["id"]] = [Hit(passage, document, 1.0, 1) for passage in chunk(document, counter)]
    return found


def read_news(name: str, passages: Mapping[str, Sequence[Hit]]) -> Iterator[Case]:
    """Claims beside the passages in which the sentences stand that they rest on."""
    for line in (CLAIMS / f"{name.split()[1]}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        hits = [
            hit for hit in passages.get(row["article"], ())
            if any(hit.passage.start <= start < hit.passage.end for start, _ in row["sentences"])
        ]  # fmt: skip
        if hits:
            yield Case(TRUE, row["claim"], hits)
            yield from (Case(kind, text, hits) for kind, text in row["changed"].items())


def report(name: str, judged: Sequence[tuple[Case, Checked]], *, verbose: bool) -> None:
    true = [(case, checked) for case, checked in judged if case.kind == TRUE]
    changed = [(case, checked) for case, checked in judged if case.kind != TRUE]
    flagged = [case for case, checked in true if fails(checked)]
    missed = [case for case, checked in changed if not fails(checked)]
    print(f"{name}: {len(changed) - len(missed)} of {len(changed)} changed sentences caught ({1 - len(missed) / len(changed):.1%}), ", end="")
    print(f"{len(flagged)} of {len(true)} unchanged ones flagged ({len(flagged) / len(true):.1%})")
    if changed[0][1].odds is not None:
        above = np.array([c.odds for _, c in true])[:, None] > np.array([c.odds for _, c in changed])[None]
        print(f"   the judge finds an unchanged one likelier than a changed one: {above.mean():.3f}")
    totals, lost = Counter(case.kind for case, _ in changed), Counter(case.kind for case in missed)
    print("   " + ", ".join(f"{kind} {total - lost[kind]}/{total}" for kind, total in sorted(totals.items())), flush=True)
    if verbose:
        for case in missed:
            print(f"   missed ({case.kind}): {case.sentence}")
        for case in flagged:
            print(f"   flagged: {case.sentence}")


def fails(checked: Checked) -> bool:
    return checked.support is not Support.SUPPORTED


# WiCE


def page(claim: Mapping[str, Any]) -> Hit:
    """The whole page as one passage, a line a paragraph."""
    text = "\n\n".join(claim["evidence"])
    document = Document(claim["meta"]["id"], "page.txt", text, title=claim["meta"]["claim_title"])
    return Hit(Passage(document.id, 0, len(text), text), document, 1.0, 1)


def report_wice(judged: Sequence[tuple[bool, Checked]]) -> None:
    """Balanced accuracy of supported against the rest."""
    print(f"WiCE dev, {len(judged)} claims: balanced accuracy {balanced([(truth, not fails(checked)) for truth, checked in judged]):.3f}")
    for label in Support:
        rows = [truth for truth, checked in judged if checked.support is label]
        if rows:
            print(f"   called {label}: {len(rows)}, of them supported {sum(rows) / len(rows):.0%}")


def balanced(said: Sequence[tuple[bool, bool]]) -> float:
    """Mean of the shares of supported and of other claims that are told rightly."""
    shares = [[yes is truth for truth, yes in said if truth is wanted] for wanted in (True, False)]
    return sum(sum(share) / len(share) for share in shares) / 2


if __name__ == "__main__":
    sys.exit(main())
