from __future__ import annotations

import json

from assistant.types import (
    Abstained,
    AbstainReason,
    Answer,
    Citation,
    Claim,
    Disagreement,
    Document,
    Hit,
    Passage,
    Place,
    Statement,
    Support,
)
from assistant.wire import answer_to_json, search_to_json

DOCUMENT = Document("0f" * 8, "port/fund.md", "The fund holds $40 million.\nIt grows.", "A fund", "Port Gazette", "Ann Lee", "2024-05-02", "https://example.org/f", "ab" * 32)
HIT = Hit(Passage(DOCUMENT.id, 0, 27, "The fund holds $40 million."), DOCUMENT, 0.71, 1, 0.6, (Place("copy.txt", 9, 36),))
HIT_JSON = {
    "rank": 1, "score": 0.71, "source": "port/fund.md", "title": "A fund", "published": "2024-05-02", "start": 0, "end": 27,
    "text": "The fund holds $40 million.", "also_in": [{"source": "copy.txt", "start": 9, "end": 36}],
}  # fmt: skip
ANSWER = Answer(
    question="How much?",
    standalone_question="How much does the fund hold?",
    statements=(
        Statement("The fund holds $40 million.", (1,)),
        Statement("It holds $55 million.", (2, 1), Support.PARTLY),
    ),
    citations=(
        Citation(1, DOCUMENT.id, "port/fund.md", 0, 27, "The fund holds $40 million.", 1, "A fund", "Port Gazette", "2024-05-02", "https://example.org/f", 7, (Place("copy.txt", 9, 36),)),
        Citation(2, "f0" * 8, "b.txt", 5, 26, "It holds $55 million.", 2),
    ),
    disagreements=(Disagreement("How much", (Claim("$40 million", 1), Claim("$55 million", 2))),),
    hits=(HIT,),
    answer="$40 million",
    confidence=0.9,
    notices=("1 undated document was left out by the date filter.",),
    stale=True,
    answerer="generation",
    model="some-model",
    timings_ms={"retrieve": 6.149, "answer": 3.0},
)  # fmt: skip


def test_an_answer_is_the_documented_object() -> None:
    assert answer_to_json(ANSWER) == {
        "schema": 1,
        "question": "How much?",
        "standalone_question": "How much does the fund hold?",
        "text": "The fund holds $40 million. [1] It holds $55 million. [2] [1]",
        "answer": "$40 million",
        "confidence": 0.9,
        "abstained": None,
        "statements": [
            {"text": "The fund holds $40 million.", "citations": [1], "support": "verbatim", "reasons": []},
            {"text": "It holds $55 million.", "citations": [2, 1], "support": "partly", "reasons": []},
        ],
        "citations": [
            {
                "number": 1, "source": "port/fund.md", "title": "A fund", "publisher": "Port Gazette", "published": "2024-05-02",
                "url": "https://example.org/f", "page": 7, "line": 1, "start": 0, "end": 27, "quote": "The fund holds $40 million.",
                "also_in": [{"source": "copy.txt", "start": 9, "end": 36}],
            },
            {
                "number": 2, "source": "b.txt", "title": None, "publisher": None, "published": None, "url": None, "page": None, "line": 2,
                "start": 5, "end": 26, "quote": "It holds $55 million.", "also_in": [],
            },
        ],
        "disagreements": [{"about": "How much", "values": [{"value": "$40 million", "citation": 1}, {"value": "$55 million", "citation": 2}]}],
        "hits": [HIT_JSON],
        "notices": ["1 undated document was left out by the date filter."],
        "stale": True,
        "answerer": "generation",
        "model": "some-model",
        "where": None,
        "usage": None,
        "timings_ms": {"retrieve": 6.1, "answer": 3.0},
    }  # fmt: skip


def test_the_keys_come_in_the_documented_order() -> None:
    assert list(answer_to_json(ANSWER)) == (
        "schema question standalone_question text answer confidence abstained statements citations disagreements hits notices stale "
        "answerer model where usage timings_ms"
    ).split()


def test_a_declined_question_carries_reason_and_message() -> None:
    declined = Answer("Who won?", "Who won?", abstained=Abstained(AbstainReason.NOT_IN_SOURCES, "Not there."))
    assert answer_to_json(declined) == {
        "schema": 1, "question": "Who won?", "standalone_question": "Who won?", "text": "", "answer": None, "confidence": None,
        "abstained": {"reason": "not_in_sources", "message": "Not there."}, "statements": [], "citations": [], "disagreements": [], "hits": [],
        "notices": [], "stale": False, "answerer": "quoting", "model": None, "where": None, "usage": None, "timings_ms": {},
    }  # fmt: skip


def test_a_search_is_its_query_and_hits() -> None:
    assert search_to_json("fund", [HIT]) == {"schema": 1, "query": "fund", "hits": [HIT_JSON]}


def test_json_and_back_is_the_same_object() -> None:
    made = answer_to_json(ANSWER)
    assert json.loads(json.dumps(made)) == made
