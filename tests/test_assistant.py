"""The laws of answering, over a made-up library and all questions to it; see tests/asking.py for both."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.assistant import Assistant
from assistant.errors import LibraryError, SettingsError
from assistant.exchange import MAX_QUESTION_CHARS, checked_question, turns
from assistant.records import Overview
from assistant.replies import GONE
from assistant.settings import Settings
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Answer,
    DisagreementEvent,
    Filters,
    NoticeEvent,
    Place,
    StatementEvent,
    Turn,
    UnderstoodEvent,
)
from tests.asking import (
    NORVIA,
    QUESTIONS,
    AssistantWith,
    all_answers,
    assistant_in,
    check_answer,
    comparable,
    report,
)
from tests.fakes import HashingEncoder, stories, write

FUND = "How large is the harbour fund of Norvia?"
FORTY = "The harbour fund of Norvia holds $40 million, the port authority said."


@pytest.fixture(scope="module")
def norvia(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    """The made-up library, indexed once; nobody changes it."""
    return assistant_in(tmp_path_factory.mktemp("norvia"), encoder, NORVIA)


@pytest.fixture(scope="module")
def expected(norvia: AssistantWith) -> list[str]:
    """The JSON of all answers from the made-up library."""
    return all_answers(norvia)


# Answers


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_checks_out_against_the_files(norvia: AssistantWith, question: str) -> None:
    check_answer(norvia.ask(question), norvia.settings.sources)


WORDS = st.sampled_from(
    "how many much large who what when why did is the of harbour fund Norvia Karl Lund ferries bridge Ilm dockers toll batteries he "
    "and summarise news new compare $40 2025 say ? “ ' é 🚢".split()
)


@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join), st.lists(st.sampled_from(QUESTIONS), max_size=2))
def test_whatever_is_asked_the_answer_checks_out(norvia: AssistantWith, question: str, history: list[str]) -> None:
    answer = norvia.ask(question, history=history)
    check_answer(answer, norvia.settings.sources)
    assert answer.question == question.strip()
    if not history:
        assert answer.standalone_question == answer.question


def test_the_expected_answers_come(norvia: AssistantWith) -> None:
    def told(question: str) -> list[tuple[str, str]]:
        answer = norvia.ask(question)
        return [(s.text, answer.citations[s.citations[0] - 1].source) for s in answer.statements]

    assert told("Who leads the dredging project?") == [("Harbour master Karl Lund leads the dredging project.", "fund.md")]
    assert told("How long will the dredging take?") == [
        ("Harbour master Karl Lund leads the dredging project. He said on Monday that the work would take 9 weeks.", "fund.md")
    ]
    assert told("What share of the ferries run on batteries?") == [
        ("Some 45 percent of the ferries in Norvia run on batteries, a survey found.", "ferries/batteries.txt")
    ]
    assert told("Was the fund approved by parliament?")[0] == (
        "Transport minister Oskar Hald claimed that the fund had been approved by the old parliament. However, no such vote was ever held.",
        "critics.md",
    )
    assert sorted(told(FUND)) == [
        ("Critics of the port say that the harbour fund of Norvia holds $55 million.", "critics.md"),
        (FORTY, "fund.md"),
    ]
    assert [norvia.ask(q).abstained for q in ("What is the capital of France?", "Who won the chess championship?")] == [
        Abstained(AbstainReason.NOT_IN_SOURCES, "The sources do not answer this.")
    ] * 2


def test_the_same_question_twice_gives_the_same_bytes(norvia: AssistantWith, expected: list[str]) -> None:
    assert all_answers(norvia) == expected


def test_a_near_copy_counts_once_and_is_named(norvia: AssistantWith) -> None:
    answer = norvia.ask("How much is the toll?")
    [citation] = answer.citations
    [place] = citation.also_in
    assert (citation.source, citation.quote, place.source) == ("bridge.md", "Tolls of 4 euros a car will pay for it.", "wire/bridge-again.md")
    assert "wire/bridge-again.md" not in [hit.document.source for hit in answer.hits]


STEEL = (
    "The tariff on steel from Norvia is 10 percent, the customs office said on Monday. Shops were shut.",
    "The tariff on steel from Norvia is 15 percent, the ministry of trade announced. The weather was fine.",
    "The tariff on steel from Norvia was raised to 20 percent by the cabinet this morning. Nobody was surprised by the step.",
    "After a long debate, ministers set the tariff on Norvian steel at 25 percent from now on. Unions were glad of it.",
    "Importers of Norvian steel now face a tariff of 30 percent, which took effect at midnight. A spokesman for the port had no comment.",
)
DIRECTORS = (
    "Karl Lund is the director of the harbour of Norvia, the council said. Shops were shut.",
    "The director of the harbour of Norvia is Oskar Hald, the gazette reports. The weather was fine.",
    "Mira Voss, director of the harbour of Norvia, opened the new quay. Nobody was surprised by the step.",
    "The harbour of Norvia is run by its director, Jan Tarn. Unions were glad of it.",
    "Else Brandt was named director of the harbour of Norvia on Monday. A spokesman for the port had no comment.",
    "Norvia: Peer Holm takes over as director of the harbour, it was announced. It rained.",
)


@pytest.mark.parametrize(
    ("stories", "question", "told"),
    [(STEEL, "How high is the tariff on steel from Norvia?", "20 percent"), (DIRECTORS, "Who is currently the director of the harbour of Norvia?", "Peer Holm")],
)
def test_two_passages_that_answer_well_do_not_hide_what_others_say(tmp_path: Path, encoder: Any, stories: tuple[str, ...], question: str, told: str) -> None:
    dated = {f"{i}.md": f"---\ntitle: Report {i}\ndate: 202{i}-01-10\n---\n{text}\n" for i, text in enumerate(stories)}
    answer = assistant_in(tmp_path, encoder, dated).ask(question)
    assert told in [claim.value for disagreement in answer.disagreements for claim in disagreement.values]


def test_the_other_of_two_names_is_quoted_also_where_it_needs_the_sentence_on_the_first(tmp_path: Path, encoder: Any) -> None:
    told = "The port of Norvia sends 40 percent of its grain to Brella. It sends 18 percent to Sunda."
    answer = assistant_in(tmp_path, encoder, {"grain.txt": f"{told} The rest is eaten at home by the people of the island."}).ask(
        "Does the port of Norvia send more grain to Brella or to Sunda?"
    )
    assert [statement.text for statement in answer.statements] == [told]


def test_ten_hits_are_given_where_there_are_more(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder(), stories(range(25)))
    answer = assistant.ask("How many crowns did the turbine cost?")
    assert len(answer.hits) == 10
    check_answer(answer, tmp_path / "sources")


def test_a_stream_is_its_events_and_then_the_answer_made_of_them(norvia: AssistantWith) -> None:
    for question in QUESTIONS:
        *events, answer = norvia.stream(question)
        assert isinstance(answer, Answer)
        assert answer.statements == tuple(e.statement for e in events if isinstance(e, StatementEvent))
        assert answer.citations == tuple(c for e in events if isinstance(e, StatementEvent) for c in e.citations)
        assert answer.disagreements == tuple(e.disagreement for e in events if isinstance(e, DisagreementEvent))
        assert answer.notices == tuple(e.message for e in events if isinstance(e, NoticeEvent))
        assert [answer.abstained] == ([e.abstained for e in events if isinstance(e, AbstainEvent)] or [None])


def test_threads_that_ask_at_once_get_the_same_answers(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    assistant = assistant_in(tmp_path, encoder, NORVIA)
    got: list[list[str]] = []
    threads = [threading.Thread(target=lambda: got.append(all_answers(assistant))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [expected] * 4


# However the index came about


def test_file_by_file_and_in_any_order_gives_the_same_bytes(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    for name, order in (("forth", sorted(NORVIA)), ("back", sorted(NORVIA, reverse=True))):
        assistant = assistant_in(tmp_path / name, encoder)
        for source in order:
            write(assistant.settings.sources, {source: NORVIA[source]})
            assistant.library.sync(mirror=False)
        assert all_answers(assistant) == expected


def test_adding_gives_the_same_bytes_as_copying(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    write(tmp_path / "given", NORVIA)
    assistant = assistant_in(tmp_path, encoder)
    assistant.ask(FUND)
    folders = [tmp_path / "given" / name for name in ("ferries", "wire")]
    assistant.add([*folders, *(tmp_path / "given").glob("*.md")])
    assert all_answers(assistant) == expected


def test_asking_alone_gives_the_same_bytes_as_syncing(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    assert all_answers(assistant_in(tmp_path, encoder, NORVIA, synced=False)) == expected


def test_adding_and_removing_a_document_restores_the_answers(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    assistant = assistant_in(tmp_path, encoder, NORVIA)
    write(tmp_path, {"extra.md": report("The harbour fund of Norvia holds $70 million. The dredging takes 3 weeks.", title="More", published="2024-07-01")})
    assistant.add([tmp_path / "extra.md"])
    assert all_answers(assistant) != expected
    assistant.library.remove("extra.md")
    assert all_answers(assistant) == expected


def test_exact_and_chroma_give_the_same_bytes(tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    exact = assistant_in(tmp_path, encoder, NORVIA, neighbours="exact")
    exact.sync()
    chroma = assistant_in(tmp_path, encoder, neighbours="chroma")
    assert chroma.library.store.generation == chroma.library.catalog.generation
    assert all_answers(chroma) == all_answers(exact) == expected


def test_another_folder_of_the_same_files_gives_the_same_bytes(norvia: AssistantWith, tmp_path: Path, encoder: Any, expected: list[str]) -> None:
    shutil.copytree(norvia.settings.sources.parent, tmp_path / "moved")
    assert all_answers(assistant_in(tmp_path / "moved", encoder, synced=False)) == expected


# The folder moves under the index


def edits(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    return {
        "same length": lambda: path.write_text(text.replace("$40", "$70"), encoding="utf-8"),
        "shifted": lambda: path.write_text("A line more.\n\n" + text.replace("holds $40 million", "is empty"), encoding="utf-8"),
        "emptied": lambda: path.write_text("", encoding="utf-8"),
        "deleted": path.unlink,
        "a folder now": lambda: (path.unlink(), path.mkdir()),
    }


@pytest.mark.parametrize("edit", ["same length", "shifted", "emptied", "deleted", "a folder now"])
def test_text_that_is_no_longer_there_is_not_quoted(tmp_path: Path, encoder: Any, edit: str) -> None:
    assistant = assistant_in(tmp_path, encoder, {"fund.txt": FORTY, "other.txt": "The harbour of Norvia lies on the Ilm."})
    assert [s.text for s in assistant.ask(FUND).statements] == [FORTY]
    edits(tmp_path / "sources" / "fund.txt")[edit]()
    for asked in (assistant, assistant_in(tmp_path, encoder, synced=False)):
        answer = asked.ask(FUND)
        check_answer(answer, tmp_path / "sources")
        assert FORTY not in [s.text for s in answer.statements]
        assert all("$40 million" not in hit.passage.text for hit in answer.hits)


def test_a_copy_that_was_changed_is_no_longer_named(tmp_path: Path, encoder: Any) -> None:
    text = "The council met to hear the plans for the port and to vote on them one by one. " + FORTY
    assistant = assistant_in(tmp_path, encoder, {"a.txt": text, "b.txt": text})
    [citation] = assistant.ask(FUND).citations
    assert (citation.source, citation.also_in) == ("a.txt", (Place("b.txt", citation.start, citation.end),))
    (tmp_path / "sources" / "b.txt").write_text("Nothing of it.", encoding="utf-8")
    answer = assistant.ask(FUND)
    check_answer(answer, tmp_path / "sources")
    assert [c.also_in for c in answer.citations] == [()]


def test_a_few_changes_are_indexed_before_answering(tmp_path: Path, encoder: Any) -> None:
    assistant_in(tmp_path, encoder, {"a.txt": "The harbour of Norvia lies on the Ilm."})
    write(tmp_path / "sources", {"fund.txt": FORTY})
    answer = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert ([s.text for s in answer.statements], answer.notices, answer.stale) == ([FORTY], (), False)


def test_many_changes_wait_for_a_sync_and_the_answer_says_so(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, {"fund.txt": FORTY})
    write(tmp_path / "sources", stories(range(21)))
    answer = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert [s.text for s in answer.statements] == [FORTY]
    assert (answer.notices, answer.stale) == (("The index is behind the folder (21 files have changed). Run: assistant sync",), True)
    assert len(assistant.documents()) == 1


def test_a_publisher_is_unknown_only_once_the_folder_was_looked_at(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder(), synced=False)
    assert assistant.unknown_publisher(["Port Gazette"]) == ""  # nothing is indexed; the answer says so
    for name, publisher in (("fund.md", "Port Gazette"), ("critics.md", "Norvia Courier")):
        write(assistant.settings.sources, {name: report("The fund grows.", title="Fund", publisher=publisher)})
        assert assistant.unknown_publisher([publisher.upper()]) == ""
    told = "No document is by 'Nobody'. Publishers: Norvia Courier, Port Gazette."
    assert assistant.unknown_publisher(["port gazette", "Nobody", "Noone"]) == told
    write(assistant.settings.sources, stories(range(21)))
    assert assistant.unknown_publisher(["Nobody"]) == f"{told} The index is behind the folder (21 files have changed). Run: assistant sync"


def test_files_synced_right_after_they_were_written_do_not_make_answers_stale(tmp_path: Path) -> None:
    write(tmp_path / "sources", stories(range(21)), age_ns=0)
    assistant_in(tmp_path, HashingEncoder())
    answer = assistant_in(tmp_path, HashingEncoder(), synced=False).ask("How many crowns did the turbine cost?")
    assert (answer.stale, answer.notices) == (False, ())


def test_a_folder_not_indexed_yet_is_not_called_empty(tmp_path: Path) -> None:
    answer = assistant_in(tmp_path, HashingEncoder(), stories(range(21)), synced=False).ask(FUND)
    assert answer.stale
    assert answer.abstained is not None
    assert "nothing in the sources folder" not in answer.abstained.message


HOLD = """
import sys
from pathlib import Path
from assistant.locking import WriterLock
with WriterLock(Path(sys.argv[1]), notify=print).held():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def lock_held_elsewhere(index: Path) -> Iterator[int]:
    """Another process holds the writer's lock; yields its id."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process.pid
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def test_while_another_process_writes_the_answer_comes_from_what_there_is(tmp_path: Path, encoder: Any) -> None:
    first = assistant_in(tmp_path, encoder, {"fund.txt": FORTY})
    write(tmp_path / "sources", {"new.txt": "The harbour fund of Norvia holds $55 million, critics say."})
    with lock_held_elsewhere(first.settings.index) as pid:
        answer = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert [s.text for s in answer.statements] == [FORTY]
    assert answer.stale
    [notice] = answer.notices
    assert re.fullmatch(
        rf"The index is behind the folder \(1 file has changed\): The index is being written: process {pid} \(.*\) has held it for \d s\. Try again shortly\.",
        notice,
    )
    later = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert ([d.about for d in later.disagreements], later.stale, later.notices) == ([FUND[:-1]], False, ())


def test_a_locked_index_that_is_up_to_date_is_not_stale(tmp_path: Path, encoder: Any) -> None:
    first = assistant_in(tmp_path, encoder, {"fund.txt": FORTY})
    with lock_held_elsewhere(first.settings.index):
        answer = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert ([s.text for s in answer.statements], answer.stale, answer.notices) == ([FORTY], False, ())


# Filters


def sources_of(answer: Answer) -> set[str]:
    return {hit.document.source for hit in answer.hits}


def test_filters_choose_who_may_answer_and_undated_documents_are_counted(norvia: AssistantWith) -> None:
    notice = ("1 undated document was left out by the date filter.",)
    for filters, sources, notices in (
        (Filters(publishers=("port gazette",)), {"fund.md", "bridge.md"}, ()),
        (Filters(sources=("strike.md",)), {"strike.md"}, ()),
        (Filters(since="2024-05-09"), {"critics.md", "bridge.md"}, notice),
        (Filters(since="2024-05-02", until="2024-05-09"), {"fund.md", "critics.md"}, notice),
        (Filters(until="2024-04-11"), {"strike.md"}, notice),
        (Filters(until="1999-01-01"), set(), notice),
    ):
        answer = norvia.ask("Summarise the news about Norvia", filters=filters)
        assert (sources_of(answer), answer.notices) == (sources, notices)
        check_answer(answer, norvia.settings.sources)


def test_undated_documents_are_counted_among_those_the_other_filters_let_through(tmp_path: Path, encoder: Any) -> None:
    files = {
        "a.md": report(FORTY, title="A", published="2024-05-02", publisher="Port Gazette"),
        "b.md": report("The harbour of Norvia is calm.", title="B", publisher="Norvia Courier"),
        "c.md": report("The port of Norvia is calm.", title="C", publisher="Norvia Courier"),
    }
    assistant = assistant_in(tmp_path, encoder, files)
    assert assistant.ask(FUND, filters=Filters(since="2024-01-01")).notices == ("2 undated documents were left out by the date filter.",)
    assert assistant.ask(FUND, filters=Filters(publishers=("Port Gazette",), since="2024-01-01")).notices == ()


# Conversation, small talk, empty folders, wrong use


def test_a_follow_up_is_searched_for_as_it_is_meant(norvia: AssistantWith) -> None:
    for history in (
        ["Who leads the dredging project?"],
        [Turn("Who leads the dredging project?")],
        [{"role": "user", "content": "Who leads the dredging project?"}, {"role": "assistant", "content": "Harbour master Karl Lund leads it."}],
    ):
        answer = norvia.ask("What did he say?", history=history)
        assert (answer.question, answer.standalone_question) == ("What did he say?", "What did Karl Lund say?")


def test_what_was_understood_is_streamed_before_anything_is_said(norvia: AssistantWith) -> None:
    first, second, *_ = norvia.stream("What did he say?", history=["Who leads the dredging project?"])
    assert first == UnderstoodEvent("What did Karl Lund say?")
    assert not isinstance(second, UnderstoodEvent)
    assert not any(isinstance(each, UnderstoodEvent) for each in norvia.stream("Who leads the dredging project?"))


def test_a_history_may_mix_questions_turns_and_messages() -> None:
    assert turns(
        ["One?", Turn("Two?", "2."), {"role": "user", "content": "Three?"}, {"role": "assistant", "content": "3."}, {"role": "system", "content": "x"}, " "]
    ) == [Turn("One?"), Turn("Two?", "2."), Turn("Three?", "3.")]
    assert turns([{"role": "assistant", "content": "Hello, ask me."}]) == []


def test_a_greeting_is_answered_by_what_can_be_asked(norvia: AssistantWith) -> None:
    first, second = norvia.suggestions(2)
    answer = norvia.ask("hello")
    assert answer.abstained == Abstained(
        AbstainReason.NOT_A_QUESTION,
        "Hello. I answer from the 6 documents in your sources folder and show where each sentence stands. "
        f"Ask, for example: “{first}” “{second}”",
    )
    assert (answer.statements, answer.citations, answer.hits, answer.notices, answer.stale) == ((), (), (), (), False)


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder())
    message = (
        f"There is nothing in the sources folder '{tmp_path / 'sources'}' that can be read yet. "
        "Put documents there, or run: assistant add FILE"
    )
    assert assistant.ask(FUND).abstained == Abstained(AbstainReason.NO_SOURCES, message)
    assert assistant.ask("hello").abstained == Abstained(AbstainReason.NOT_A_QUESTION, f"Hello. {message}")
    assert assistant.search("fund") == []


def test_an_emptied_folder_is_not_called_silent(tmp_path: Path, encoder: Any) -> None:
    assistant_in(tmp_path, encoder, {"fund.txt": FORTY, **stories(range(25))})
    for path in (tmp_path / "sources").iterdir():
        path.unlink()
    answer = assistant_in(tmp_path, encoder, synced=False).ask(FUND)
    assert answer.notices == (
        f"The sources folder '{tmp_path / 'sources'}' is empty, but the index holds 26 documents. If a drive is not mounted, mount it; if the folder "
        "really was emptied, run: assistant sync --yes",
    )
    assert (answer.abstained, answer.stale) == (Abstained(AbstainReason.NO_SOURCES, GONE), True)


def test_a_folder_that_lost_most_of_its_files_is_told_and_what_is_left_answers(tmp_path: Path, encoder: Any) -> None:
    assistant_in(tmp_path, encoder, {"fund.txt": FORTY, **stories(range(25))})
    for path in (tmp_path / "sources").glob("story-*"):
        path.unlink()
    again = assistant_in(tmp_path, encoder, synced=False)
    told = (
        f"25 of 26 files are no longer in the sources folder '{tmp_path / 'sources'}'. If a drive is not mounted, mount it; if they really were removed, "
        "run: assistant sync --yes",
    )
    answer, other = again.ask(FUND), again.ask("What is the capital of France?")
    assert ([s.text for s in answer.statements], answer.notices) == ([FORTY], told)
    assert (other.abstained, other.notices) == (Abstained(AbstainReason.NO_SOURCES, GONE), told)
    again.sync(allow_empty=True)
    assert again.ask("What is the capital of France?").abstained == Abstained(AbstainReason.NOT_IN_SOURCES, "The sources do not answer this.")


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(until="2020-01-01"), "No document was published on 1 January 2020 or before; their dates are 11 April to 3 June 2024."),
        (Filters(since="2030-01-01"), "No document was published on 1 January 2030 or later; their dates are 11 April to 3 June 2024."),
        (
            Filters(since="2024-05-10", until="2024-05-31"),
            "No document was published from 10 May 2024 to 31 May 2024; their dates are 11 April to 3 June 2024.",
        ),
        (
            Filters(publishers=("port gazette",), until="2024-05-01"),
            "None of the documents chosen was published on 1 May 2024 or before; their dates are 2 May to 1 June 2024.",
        ),
        (Filters(sources=("ferries/batteries.txt",), since="2024-05-01"), "None of the documents chosen was published on 1 May 2024 or later; none has a date."),
        (Filters(publishers=("Nobody",)), "There is no document by Nobody."),
        (Filters(publishers=("Port Gazette",), sources=("strike.md",)), "There is no document by Port Gazette among strike.md."),
    ],
)
def test_filters_that_leave_no_document_are_told_as_that(norvia: Assistant, filters: Filters, message: str) -> None:
    answer = norvia.ask(FUND, filters=filters)
    assert answer.abstained == Abstained(AbstainReason.FILTERED, message)
    undated = ("1 undated document was left out by the date filter.",) if filters.by_date and not filters.publishers else ()
    assert (answer.statements, answer.hits, answer.notices) == ((), (), undated)


def test_a_question_is_stripped_and_must_have_a_length() -> None:
    assert checked_question("  Why?\n") == "Why?"
    assert checked_question("x" * MAX_QUESTION_CHARS) == "x" * MAX_QUESTION_CHARS
    with pytest.raises(ValueError, match=r"^The question is empty\. Ask something, for example: What is new\?$"):
        checked_question(" \n")
    with pytest.raises(ValueError, match=r"^The question has 2001 characters; the most is 2000\. Shorten it\.$"):
        checked_question("x" * 2001)


def test_an_unknown_answerer_names_the_known_ones(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder(), {"fund.txt": FORTY}, answerer="oracle")
    with pytest.raises(SettingsError, match=r"^answerer is 'oracle', which is none of: quoting"):
        assistant.ask(FUND)


def test_opening_without_a_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"^There is no sources folder '.*nowhere'\. Make it and put documents in, or name another: --sources DIR\.$"):
        Assistant.open(tmp_path / "nowhere")


def test_the_index_goes_beside_the_folder_unless_named(tmp_path: Path) -> None:
    write(tmp_path / "docs", {"a.txt": FORTY})
    assert Assistant.open(tmp_path / "docs").data == tmp_path / ".assistant"
    assert Assistant.open(tmp_path / "docs", data=tmp_path / "there").data == tmp_path / "there"
    settings = Settings(sources=tmp_path / "docs", data=tmp_path / "else")
    assert Assistant.open("ignored", settings=settings).settings is settings


def test_an_overview_says_what_the_library_holds(norvia: AssistantWith) -> None:
    assert norvia.overview() == Overview(6, sum(d.n_passages for d in norvia.documents()), ("Norvia Courier", "Port Gazette"), "2024-04-11", "2024-06-03")
    assert [norvia.document(d.id).source for d in norvia.documents()] == sorted(NORVIA)
    assert norvia.document("no such id") is None


def test_searching_gives_the_nearest_passages(norvia: AssistantWith) -> None:
    hits = norvia.search("dredging project", top_k=3)
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[0].document.source == "fund.md"
    assert [h.document.source for h in norvia.search("dredging project", filters=Filters(sources=("strike.md",)))] == ["strike.md"]
    with pytest.raises(ValueError, match="top_k is 0"):
        norvia.search("dredging", top_k=0)


def test_feedback_is_kept_line_by_line(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder())
    records = [{"liked": True, "question": "Größe?\u2028And\x85now?"}, {"liked": False}]
    for record in records:
        assistant.feedback(record)
    kept = (tmp_path / "data" / "keep" / "feedback.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line) for line in kept.splitlines()] == records


def test_feedback_after_a_line_that_was_cut_off_stands_on_its_own(tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, HashingEncoder())
    write(tmp_path / "data" / "keep", {"feedback.jsonl": '{"liked": tr'})
    assistant.feedback({"liked": False})
    assert (tmp_path / "data" / "keep" / "feedback.jsonl").read_text(encoding="utf-8") == '{"liked": tr\n{"liked": false}\n'


def test_asking_writes_nothing_into_the_sources_folder(norvia: AssistantWith) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in norvia.settings.sources.rglob("*"))
    assert comparable(norvia.ask(FUND)) == comparable(norvia.ask(FUND))
    assert sorted((path, path.stat().st_mtime_ns) for path in norvia.settings.sources.rglob("*")) == before
    assert set(os.listdir(norvia.settings.sources.parent)) == {"data", "sources"}
