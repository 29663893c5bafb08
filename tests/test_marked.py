"""Reports that tell of one thing in other words, as a reader marks it; asked through the whole assistant with the real models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.asking import assistant_in, check_answer, report


def sides(folder: Path, encoder: Any, question: str, *bodies: str, days: tuple[str, ...] = ("2024-05-02", "2024-05-04", "2024-05-05")) -> list[tuple[str, str]]:
    """The values of the answer's one disagreement, each with its source; empty where there is none."""
    files = {f"{n}.md": report(body, title=f"Report {n}", published=day, publisher=f"Paper {n}") for n, (body, day) in enumerate(zip(bodies, days, strict=False))}
    answer = assistant_in(folder, encoder, files).ask(question)
    check_answer(answer, folder / "sources")
    source_of = {citation.number: citation.source for citation in answer.citations}
    assert len(answer.disagreements) <= 1
    return sorted((source_of[c.citation], c.value) for d in answer.disagreements for c in d.values)


JOBS = "How many jobs is Tarn Paper cutting at its Ostvik mill?"
ANNOUNCED = "Tarn Paper is shrinking its mill at Ostvik. In all 240 jobs are going, the director announced on Tuesday. The mill has made paper since 1911."
UNION = "The union at the Ostvik mill speaks of a black day. Tarn Paper told its people that 310 positions will disappear with the old machine, its chairman says."
DIFFER = {
    "count in other words": (JOBS, ANNOUNCED, "240", UNION, "310"),
    "money": (
        "What did Pembury get for its old town hall?",
        "Pembury has sold its old town hall to a hotel. The council received £780,000 for the building, its leader said.", "£780,000",
        "A hotel now owns the old town hall of Pembury. It paid Pembury £850,000 for it, a spokesman of the group said on Friday.", "£850,000",
    ),
    "percent": (
        "What share of Gelden trams ran on time in October?",
        "Gelden's tram company looks back. In October 81 percent of departures were punctual, it said in its bulletin.", "81 percent",
        "Riders in Gelden stood at the stops with a clock. Across the network just 74 percent of trams kept to the timetable in October, they found.", "74 percent",
    ),
    "duration": (
        "How long was Caston without tap water after the main burst?",
        "A main burst in Caston. It was 31 hours before the supply of water came back, the utility said.", "31 hours",
        "Caston had no drop from the tap for two full days after the main had burst, the mayor wrote.", "two full days",
    ),
    "weekday": (
        "When did the roof of the Varga mine come down?",
        "The roof of the Varga mine came down on Sunday evening, its director said. Nobody was below.", "Sunday",
        "The Varga mine stands still. The roof collapsed early on Monday, according to the mining office.", "Monday",
    ),
    "hour": (
        "What time did the freight train derail at Corby Junction?",
        "The freight train jumped the track at Corby Junction shortly after 4 a.m., the sheriff said.", "4 a.m.",
        "It was at 2.40 a.m. that the freight train derailed at Corby Junction, the railway reported.", "2.40 a.m.",
    ),
    "age": (
        "How old is Nils Ro?",
        "Nils Ro is 61 years old and keeps bees in Ullen. He was mayor once.", "61 years",
        "The bees of Ullen have a friend. Nils Ro, 63, was mayor of the town and retired to his hives.", "63",
    ),
    "person": (
        "Who pulled the boy out of Lake Emmer?",
        "A boy broke through the ice on Lake Emmer. He owes his life to the postman Viktor Sand, who dragged him to the shore.", "Viktor Sand",
        "A boy is well after falling into Lake Emmer. A student, Jonas Hale, pulled him from the water, police said.", "Jonas Hale",
    ),
}  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize(("question", "one", "first", "other", "second"), DIFFER.values(), ids=DIFFER)
def test_reports_that_differ_in_other_words_are_shown_to(
    tmp_path: Path, encoder: Any, question: str, one: str, first: str, other: str, second: str, swapped: bool
) -> None:
    if swapped:
        one, first, other, second = other, second, one, first
    assert sides(tmp_path, encoder, question, one, other) == [("0.md", first), ("1.md", second)]


AGREE = {
    "another place": (JOBS, ANNOUNCED, "The paper mill at Sund is shrinking too. There 310 jobs are going, its owner Halm announced."),
    "another year": (JOBS, ANNOUNCED, "Tarn Paper cut jobs at its Ostvik mill before. In 2009 some 310 jobs went, the union recalls."),
    "a plan": (
        "How many jobs were in fact cut at the Dravik shipyard?",
        "In the end 180 jobs were cut at the Dravik shipyard, its chief told the annual meeting.",
        "The Dravik shipyard is in trouble. It plans to cut 300 jobs, the owners said.",
    ),
    "asked for and offered": (
        "How much do the employers offer the Ullen dockers?",
        "The employers offered the Ullen dockers 3 percent more pay on Monday.",
        "The Ullen dockers ask for six percent more pay, their union said. The employers called it too much.",
    ),
    "come to an end": (
        "How many homes lost power in storm Ada?",
        "Storm Ada left 40,000 homes without power, the grid company said.",
        "Storm Ada is over. Power was back in 25,000 homes by noon, the grid company said.",
    ),
    "far apart": (
        "How much will the whole Northern Link railway cost?",
        "The Northern Link railway as a whole will cost 6.2 billion crowns, the ministry says.",
        "The first station of the Northern Link railway is ready. It will cost 310 million crowns.",
    ),
    "rounded": (
        "How many tractors took part in the protest in Brenn?",
        "About 200 tractors took part in the protest in Brenn, the farmers said.",
        "Police counted 198 tractors at the protest in Brenn.",
    ),
    "one tells both": (JOBS, ANNOUNCED, f"{UNION} The director spoke of 240 jobs."),
    "another unit": (
        "How long is the new tram line to Ostfeld?",
        "The new tram line to Ostfeld is 9 kilometres long, the town says.",
        "The new tram line to Ostfeld is 6 miles long from end to end, a reader measured.",
    ),
    "another thing counted": (
        "How many dockers work in Ostvik?", "Some 4,200 dockers work in Ostvik.", "In Ostvik 4,900 cranes work beside the dockers.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize(("question", "one", "other"), AGREE.values(), ids=AGREE)
def test_values_of_different_things_are_none(tmp_path: Path, encoder: Any, question: str, one: str, other: str, swapped: bool) -> None:
    if swapped:
        one, other = other, one
    assert sides(tmp_path, encoder, question, one, other) == []


def test_weekdays_of_different_weeks_are_none(tmp_path: Path, encoder: Any) -> None:
    question, one, _, other, _ = DIFFER["weekday"]
    assert sides(tmp_path, encoder, question, one, other, days=("2024-05-02", "2024-05-23")) == []


def test_an_hour_is_no_count_of_the_dead(tmp_path: Path, encoder: Any) -> None:
    one = "Two people died in the Lessing fire, the fire brigade said."
    other = "Three people died in the Lessing fire, police said. It was under control at 2 a.m. on Sunday."
    assert sides(tmp_path, encoder, "How many people died in the Lessing fire?", one, other) == [("0.md", "Two"), ("1.md", "Three")]


def test_of_two_hours_in_a_sentence_neither_is_taken(tmp_path: Path, encoder: Any) -> None:
    one = "The Lessing fire was put out at 4 a.m., the brigade said."
    other = "The Lessing fire broke out at 11 p.m. and was put out before 6 a.m., a neighbour said."
    assert sides(tmp_path, encoder, "When was the Lessing fire put out?", one, other) == []


def test_three_reports_make_three_sides(tmp_path: Path, encoder: Any) -> None:
    third = "At Ostvik, Tarn Paper will let 275 people go from the mill, the state's labour office was told."
    assert sides(tmp_path, encoder, JOBS, ANNOUNCED, UNION, third) == [("0.md", "240"), ("1.md", "310"), ("2.md", "275")]


def test_of_two_storms_the_one_asked_about_counts(tmp_path: Path, encoder: Any) -> None:
    files = {
        "marl.md": report("A storm struck the coast. More than 11,000 homes lost power in Marl, and schools stayed shut.", title="Storm at Marl"),
        "brackwater.md": report("Ice brought down the lines. In Brackwater electricity failed in 81,000 households, the governor said.", title="Lights out"),
    }
    answer = assistant_in(tmp_path, encoder, files).ask("How many homes lost electricity in the Brackwater ice storm?")
    assert [citation.source for citation in answer.citations][:1] == ["brackwater.md"]
    assert answer.disagreements == ()


def test_without_a_reader_only_like_words_are_compared(tmp_path: Path, encoder: Any) -> None:
    files = {"0.md": report(ANNOUNCED, title="A"), "1.md": report(UNION, title="B")}
    answer = assistant_in(tmp_path, encoder, files, reader="none").ask(JOBS)
    assert answer.disagreements == ()
