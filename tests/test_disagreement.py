"""Little invented reports that differ, or only seem to; asked through the whole assistant with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.asking import assistant_in, check_answer, report

FUND = "How large is the harbour fund of Norvia?"
WHO = "Who leads the ferry inquiry?"
FORTY = "The harbour fund of Norvia holds $40 million. It was set up by the council in spring."
KARL = "Karl Lund leads the ferry inquiry. It began in May."
COUNCIL = (
    "The council met on a rainy evening to hear the plans for the harbour of Norvia and to vote on them one by one. "
    "The harbour fund of Norvia holds $40 million, enough for two cranes and a new quay wall."
)


def sides(folder: Path, encoder: Any, question: str, one: str, other: str) -> list[tuple[str, str]]:
    """The values of the answer's one disagreement, each with its source; empty where there is none."""
    files = {
        "one.md": report(one, title="A first report", published="2024-05-02"),
        "other.md": report(other, title="Later news", published="2024-05-09"),
    }
    answer = assistant_in(folder, encoder, files).ask(question)
    check_answer(answer, folder / "sources")
    assert answer.statements
    source_of = {citation.number: citation.source for citation in answer.citations}
    assert len(answer.disagreements) <= 1
    return sorted((source_of[c.citation], c.value) for d in answer.disagreements for c in d.values)


@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize(
    ("question", "one", "first", "other", "second"),
    [
        (FUND, FORTY, "$40 million", "Norvia keeps it small. The harbour fund of Norvia amounts to $55 million, the ministry says.", "$55 million"),
        (
            "What share of Norvia's ferries run on batteries?",
            "In Norvia 30% of the ferries run on batteries, the ministry says.", "30%",
            "Some 45 percent of Norvia's ferries run on batteries, a survey found.", "45 percent",
        ),
        ("How many dockers work in Norvia?", "Some 4,200 dockers work in Norvia.", "4,200", "In Norvia 3,100 dockers work in three shifts.", "3,100"),
        (WHO, KARL, "Karl Lund", "The ferry inquiry is led by Anna Berg, a former judge.", "Anna Berg"),
        (WHO, "Mark Lund leads the ferry inquiry. It began in May.", "Mark Lund", "The ferry inquiry is led by Maria Berg, a former judge.", "Maria Berg"),
        (
            "When does the new bridge open?",
            "The new bridge opens on 3 June 2025, the council said.", "3 June 2025",
            "The new bridge opens on 17 September 2025, the builder said.", "17 September 2025",
        ),
        (
            "When was the old bridge built?",
            "The old bridge was built in 2021, the council said.", "2021",
            "The old bridge was built in 2024, the builder said.", "2024",
        ),
        (
            "How long will the repair of the lock take?",
            "The repair of the lock will take 6 weeks.", "6 weeks",
            "The repair of the lock will take 9 weeks, the builder says.", "9 weeks",
        ),
        (FUND, COUNCIL, "$40 million", COUNCIL.replace("$40", "$45"), "$45 million"),
        (
            "By how much do the fares of the Norvia ferry rise?",
            "The fares of the Norvia ferry rise by 12 percent on 1 April, the line said.", "12 percent",
            "The Norvia ferry line puts its fares up by 9 percent in April, its chair said.", "9 percent",
        ),
    ],
    ids=["money", "percent", "count", "person", "first names like months", "day", "year", "duration", "near-copies but for the figure", "rise"],
)  # fmt: skip
def test_different_values_for_one_thing_are_a_disagreement(
    tmp_path: Path, encoder: Any, question: str, one: str, first: str, other: str, second: str, swapped: bool
) -> None:
    if swapped:
        one, first, other, second = other, second, one, first
    assert sides(tmp_path, encoder, question, one, other) == [("one.md", first), ("other.md", second)]


@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How large was Norvia's budget deficit?", "Norvia's budget deficit was $40 million in 2022.", "Norvia's budget deficit was $55 million in 2023."),
        (
            "How large is Norvia's trade surplus?",
            "Norvia's trade surplus is $40 million, the bank says.",
            "Norvia gained an additional $30 million in trade surplus over the decade.",
        ),
        ("How large is Norvia's trade surplus?", "Norvia's trade surplus is $40 million, the bank says.", "Norvia's trade surplus is 60 million euros, the bank says."),
        ("How large is Norvia's trade surplus?", "Norvia's trade surplus is $40 million, the bank says.", "Norvia's trade surplus rose by $30 million, the bank says."),
        ("What is the unemployment rate of Norvia?", "The unemployment rate of Norvia is 5 percent, the bank says.", "The unemployment rate of Norvia rose by 4 percent, the bank says."),
        ("How many dockers work in Norvia?", "Some 4,200 dockers work in Norvia. They load grain.", "In Norvia 4,900 cranes work beside the dockers."),
        (FUND, FORTY, "The harbour fund of Norvia was to hold $55 million. In the end the harbour fund of Norvia holds $40 million."),
        (FUND, FORTY, "The harbour fund of Norvia holds some 40 million dollars."),
        (FUND, COUNCIL, f"{COUNCIL} It was late."),
        (WHO, KARL, "The ferry inquiry is led by Judge Lund."),
        (WHO, KARL, "Prime Minister Anna Berg said on Friday that Karl Lund leads the ferry inquiry."),
        (
            "Who is acting mayor of Norvia?",
            "Karl Lund became acting mayor of Norvia when his predecessor left.",
            "Four days earlier the Regional Court had removed the mayor, which left Lund in charge as acting mayor of Norvia.",
        ),
        ("When does the new bridge open?", "The new bridge opens on 3 June 2025.", "The new bridge opens on June 3."),
        (
            "What is the tariff on Norvian steel?",
            "The baseline tariff on Norvian steel is 10 percent.",
            "The reciprocal tariff on Norvian steel is 25%.",
        ),
        (
            "How many people died in Norvia?",
            "At least 96 people died in the fires in Norvia, the police chief said.",
            "Norvia's police chief has seen worse. He was in command when a fire in Aldale in 2017 left 58 people dead.",
        ),
        ("How old is Karl Lund?", "Karl Lund, an outspoken critic, is serving a 29-year term.", "Karl Lund, the 46-year-old critic, fell ill in the old town."),
        ("When was Karl Lund poisoned?", "Karl Lund was poisoned in August 2020, his doctors said.", "His doctors say he was poisoned. Amid protests in 2011, Karl Lund called the council crooks."),
    ],
    ids=["years", "additional", "currencies", "rise", "rise of a share", "other things counted", "both told", "same amount", "near-copies", "same person",
         "who said so", "who removed another", "same day", "sorts", "another year than now", "a term, not an age", "another thing he did"],
)  # fmt: skip
def test_values_of_different_things_and_equal_values_are_none(
    tmp_path: Path, encoder: Any, question: str, one: str, other: str, swapped: bool
) -> None:
    if swapped:
        one, other = other, one
    assert sides(tmp_path, encoder, question, one, other) == []


BUILT = "The Aldale bridge cost $40 million, the council said."
BILL = "The Aldale bridge cost $55 million, the builder said."


@pytest.mark.parametrize(
    ("question", "files", "expected"),
    [
        (
            "How much did the Aldale bridge cost?",
            {"a.md": BUILT, "b.md": BILL, "c.md": "The Aldale bridge cost $60 million, an audit found. The council had put it at $40 million."},
            ["$40 million", "$55 million"],
        ),
        (
            "How much did the Aldale bridge cost?",
            {"a.md": BUILT, "b.md": BILL, "c.md": f"{BILL} It said so in spring. {BUILT}"},
            ["$40 million", "$55 million"],
        ),
        (
            "How many people were killed in the Aldale fire?",
            {
                "a.md": "In the Aldale fire 12 people were killed and 15 were injured, the police said.",
                "b.md": "In the Aldale fire 15 people were killed and 20 were injured, the mayor said.",
            },
            ["12", "15"],
        ),
        (
            "How many people were killed in the Aldale fire?",
            {
                "a.md": "In the Aldale fire 12 people were killed, the police said.",
                "b.md": "In the Aldale fire 15 people were killed, the mayor said. That is up from 12 on Monday.",
            },
            [],
        ),
    ],
    ids=["a third tells of both", "a third has both sentences", "the figure counts others there", "the figure stands there bare"],
)  # fmt: skip
def test_what_a_third_document_or_another_count_says_hides_no_disagreement(
    tmp_path: Path, encoder: Any, question: str, files: dict[str, str], expected: list[str]
) -> None:
    answer = assistant_in(tmp_path, encoder, {name: report(text, title=f"Report {name}") for name, text in files.items()}).ask(question)
    check_answer(answer, tmp_path / "sources")
    assert sorted(claim.value for one in answer.disagreements for claim in one.values) == expected


def test_one_document_does_not_disagree_with_itself(tmp_path: Path, encoder: Any) -> None:
    text = "The harbour fund of Norvia holds $40 million, the port says.\n\nThe harbour fund of Norvia holds $55 million, critics say.\n"
    answer = assistant_in(tmp_path, encoder, {"one.txt": text}).ask(FUND)
    assert (len(answer.statements) > 0, answer.disagreements) == (True, ())


def test_a_disagreement_comes_after_its_statements_and_names_the_question(tmp_path: Path, encoder: Any) -> None:
    files = {"one.txt": FORTY, "other.txt": "The harbour fund of Norvia holds $55 million, critics say."}
    *events, answer = assistant_in(tmp_path, encoder, files).stream(FUND)
    assert [type(event).__name__ for event in events] == ["JudgedEvent", "StatementEvent", "StatementEvent", "DisagreementEvent"]
    assert answer.disagreements == (events[-1].disagreement,)
    assert answer.disagreements[0].about == "How large is the harbour fund of Norvia"
