"""`assistant eval --draft N --model ...`: what a scripted model writes, and what of it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from assistant.cli import main, parser
from assistant.evaluation import command
from assistant.evaluation.drafts import to_lines
from assistant.evaluation.questions import load_questions
from assistant.evaluation.runs import source_texts
from tests.asking import AssistantWith, assistant_in
from tests.fakes import HashingEncoder, library_in, write
from tests.model_server import ModelServer, Script, Scripted, serving

DREDGED = "The harbour of Norvia was dredged in 2019 by a company from Ilmstadt."
COST = "The work cost the council 45 million crowns, twice as much as had been planned."
PORT = f"{DREDGED} {COST} “We would do it again,” said harbour master Karl Lund."
FERRY = "The ferry Elster carries 300 people and 40 cars to the islands. It runs on batteries, which are charged in 9 minutes at the quay of Norvia."
FILES = {"ferry.txt": FERRY, "port.txt": PORT}
BY_WHOM = f"Who dug out the port of Norvia? || a company from Ilmstadt || {DREDGED}"
HOW_MUCH = f"What did the council pay for the dredging? || 45 million crowns || {COST}"


def drafts_of(
    folder: Path, n: int, *scripts: Scripted, files: Mapping[str, str | bytes] = FILES
) -> tuple[list[dict[str, Any]], ModelServer, AssistantWith]:
    """What `eval --draft n` writes with a model that says `scripts` in turn."""
    with serving(*scripts) as server:
        assistant = assistant_in(folder, HashingEncoder(), files, neighbours="exact", model="openai:scripted", model_url=server.url, model_timeout_s=2)
        arguments = parser().parse_args(["eval", "--draft", str(n), "--out", str(folder / "out")])
        assert command.run(arguments, assistant) == 0
    lines = (folder / "out" / "drafts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], server, assistant


def test_good_lines_become_drafts_with_evidence_to_the_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, _, _ = drafts_of(tmp_path, 2, f"{BY_WHOM}\n{HOW_MUCH}\n", files={"port.txt": PORT})
    common = {"history": [], "answerable": True, "must_include": [], "gold_sources": [], "tags": ["fact"], "draft": True}
    expected = [
        {"question": "Who dug out the port of Norvia?", "answers": ["a company from Ilmstadt"], "evidence": [{"source": "port.txt", "quote": DREDGED}]},
        {"question": "What did the council pay for the dredging?", "answers": ["45 million crowns"], "evidence": [{"source": "port.txt", "quote": COST}]},
    ]
    assert [{name: value for name, value in draft.items() if name != "id"} for draft in found] == [{**common, **each} for each in expected]
    told = capsys.readouterr()
    assert told.out == f"2 drafts: {tmp_path / 'out' / 'drafts.jsonl'}\n"
    assert told.err == 'Check each one, mend it, then take its "draft" mark away.\n'


DRESSED = (
    f"1. {BY_WHOM}",
    f"- {BY_WHOM}",
    f"  {BY_WHOM}  ",
    BY_WHOM.replace(" || ", "||"),
    f"Who dug out the port of Norvia? || “A company from Ilmstadt” || “{DREDGED}”",
)


def test_a_good_line_may_be_dressed_as_models_do(tmp_path: Path) -> None:
    """Each in a reply of its own, on a document of its own."""
    files = {f"{i}.txt": f"{PORT} It was on day {i}." for i in range(len(DRESSED))}
    found, _, _ = drafts_of(tmp_path, 9, *DRESSED, files=files)
    assert [(d["question"], d["answers"], d["evidence"]) for d in found] == [
        ("Who dug out the port of Norvia?", ["a company from Ilmstadt"], [{"source": source, "quote": DREDGED}]) for source in files
    ]


NOT_BORNE_OUT = {
    "evidence touched up": f"Who dug out the port of Norvia? || a company from Ilmstadt || {DREDGED.replace('2019', '2018')}",
    "evidence of another document": f"How many people does the Elster carry? || 300 people || {FERRY.split('. ')[0]}.",
    "answer not in the evidence": f"Who dug the port of Norvia? || a company from Oslo || {DREDGED}",
    "answer half a number": f"How much did the work cost? || 5 million crowns || {COST}",
    "answer empty": f"Who has dug out the port? || || {DREDGED}",
    "evidence empty": "Who dug out the harbour? || a company from Ilmstadt ||",
    "two parts": "Who dug out the quay? || a company from Ilmstadt",
    "four parts": f"Who dug out the bay? || a company from Ilmstadt || {DREDGED} || surely",
    "single bars": f"Who dug out the basin? | a company from Ilmstadt | {DREDGED}",
    "no question": f"Tell who dug out the port of Norvia. || a company from Ilmstadt || {DREDGED}",
    "too short": f"Dug by whom? || a company from Ilmstadt || {DREDGED}",
    "too long": f"{'Who, ' * 40}dug out the port? || a company from Ilmstadt || {DREDGED}",
    "chatter": "Here are two questions:",
    "nothing": "",
}


def test_what_the_source_does_not_bear_out_or_is_malformed_is_dropped(tmp_path: Path) -> None:
    """The good line below it all is kept."""
    found, _, _ = drafts_of(tmp_path, 99, "\n".join([*NOT_BORNE_OUT.values(), HOW_MUCH]), files={"port.txt": PORT})
    assert [(draft["question"], draft["answers"]) for draft in found] == [("What did the council pay for the dredging?", ["45 million crowns"])]


def test_a_sentence_over_two_lines_of_the_source_is_found_and_quoted_as_it_stands(tmp_path: Path) -> None:
    wrapped = "The port\n\n" + PORT.replace("cost the", "cost\nthe").replace("million crowns", "million\ncrowns")
    [draft], _, assistant = drafts_of(tmp_path, 1, HOW_MUCH, files={"port.txt": wrapped})
    quote = draft["evidence"][0]["quote"]
    assert (" ".join(quote.split()), quote.count("\n")) == (COST, 2)
    document = assistant.library.catalog.document_by_source("port.txt")
    assert document is not None
    assert quote in document.text
    assert draft["answers"] == ["45 million crowns"]


def test_a_sentence_is_asked_for_once(tmp_path: Path) -> None:
    again = f"In which year was the harbour dug out? || 2019 || {DREDGED}"
    found, _, _ = drafts_of(tmp_path, 5, f"{BY_WHOM}\n{again}", files={"port.txt": PORT})
    assert [draft["question"] for draft in found] == ["Who dug out the port of Norvia?"]


def test_documents_are_taken_in_turn_until_there_are_enough(tmp_path: Path) -> None:
    carries = "How many people fit on the Elster? || 300 people || The ferry Elster carries 300 people and 40 cars to the islands."
    files = {**FILES, "quay.txt": PORT.replace("harbour", "quay"), "short.txt": "The quay is long."}
    found, server, _ = drafts_of(tmp_path, 2, carries, f"{BY_WHOM}\n{HOW_MUCH}", files=files)
    assert [draft["evidence"][0]["source"] for draft in found] == ["ferry.txt", "port.txt"]
    assert [(FERRY in prompt, PORT in prompt) for prompt in server.prompts] == [(True, False), (False, True)]


def test_what_is_too_short_to_ask_about_is_not_sent(tmp_path: Path) -> None:
    found, server, _ = drafts_of(tmp_path, 5, BY_WHOM, files={"port.txt": PORT, "short.txt": "The quay is long."})
    assert (len(found), len(server.requests)) == (1, 1)


def test_files_of_one_name_give_drafts_that_a_set_can_hold_together(tmp_path: Path) -> None:
    files = {"north/port.txt": PORT, "south/port.txt": PORT + " It rained."}
    found, _, assistant = drafts_of(tmp_path, 2, BY_WHOM, files=files)
    assert [draft["evidence"][0]["source"] for draft in found] == ["north/port.txt", "south/port.txt"]
    checked = tmp_path / "checked.jsonl"
    checked.write_text("".join(json.dumps({**draft, "draft": False}) + "\n" for draft in found))
    assert len(load_questions([checked], text_of=source_texts(assistant))[0]) == 2


def test_drafts_by_rule_of_files_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    from assistant.evaluation.drafts import propose

    library = library_in(tmp_path, {"north/port.txt": PORT, "south/port.txt": PORT + " It rained."})
    library.sync(mirror=False)
    drafts = propose(library.catalog, 50)
    assert {draft.evidence[0].source for draft in drafts} == {"north/port.txt", "south/port.txt"}
    assert len({draft.id for draft in drafts}) == len(to_lines(drafts).splitlines())


# The server


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (Script(status=401), "does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid."),
        (Script(status=404), "knows no model 'scripted'. Name another with --model."),
        (Script(status=500), "failed (500)."),
    ],
    ids=["401", "404", "500"],
)
def test_an_error_of_the_server_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Script, told: str) -> None:
    write(tmp_path / "sources", FILES)
    where = ["--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    with serving(script) as server:
        assert main(["eval", "--draft", "3", "--model", "scripted", "--model-url", server.url, *where]) == 1
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", f"assistant: The model's server (this machine) {told}\n")
    assert len(server.requests) == 1
    assert not (tmp_path / "out").exists()


BEGUN = f"{HOW_MUCH}\n{BY_WHOM.removesuffix('.')}"


@pytest.mark.parametrize("script", [Script(f"{BEGUN}.", piece=len(BEGUN), cut_after=1), Script(BEGUN, finish="length")], ids=["cut", "length"])
def test_the_last_line_of_a_reply_that_broke_off_is_dropped(tmp_path: Path, script: Script) -> None:
    """Half a sentence stands in the source too."""
    found, _, _ = drafts_of(tmp_path, 2, script, files={"port.txt": PORT})
    assert [draft["question"] for draft in found] == ["What did the council pay for the dredging?"]


MANY = {f"{i:02}.txt": f"{PORT} It was on day {i}." for i in range(14)}


def drafting(folder: Path, *scripts: Scripted) -> tuple[int, list[str], ModelServer]:
    """Status and written lines of `eval --draft 20` on many documents."""
    write(folder / "sources", MANY)
    where = ["--sources", str(folder / "sources"), "--data", str(folder / "data"), "--out", str(folder / "out")]
    with serving(*scripts) as server:
        status = main(["eval", "--draft", "20", "--model", "scripted", "--model-url", server.url, *where])
    return status, (folder / "out" / "drafts.jsonl").read_text(encoding="utf-8").splitlines(), server


def test_what_was_drafted_before_the_server_failed_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, server = drafting(tmp_path, BY_WHOM, BY_WHOM, Script(status=500))
    assert (status, len(lines), len(server.requests)) == (1, 2, 3)
    told = "Drafting stopped early: The model's server (this machine) failed (500). What was drafted before is kept."
    assert told in capsys.readouterr().err.splitlines()


def test_a_model_that_writes_nothing_of_use_is_not_asked_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, server = drafting(tmp_path, BY_WHOM, "Here are some questions for you!")
    assert (status, len(lines), len(server.requests)) == (1, 1, 11)
    told = "Drafting stopped early: The last 10 replies held no question that its passage answers to the letter. Another model may do better."
    assert f"{told} What was drafted before is kept." in capsys.readouterr().err.splitlines()
