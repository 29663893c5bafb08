"""Files and addresses handed over: read in the background, one failure stops nothing, all of it can be undone."""

from __future__ import annotations

import asyncio
import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from assistant import managing
from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.web import panel
from assistant.web.batches import Batch, Row, State, rows_in_order
from assistant.web.intake import FORSAKEN_S, Intake
from assistant.web.uploads import Uploads, upload_route
from tests.fakes import HashingEncoder, story
from tests.webserver import Reply, serving

WAIT_S = 30.0
FERRY = "The ferry to Norvia leaves at nine. It carries two hundred people and forty cars across the sound."


@pytest.fixture
def assistant(tmp_path: Path, encoder: Any) -> Assistant:
    (tmp_path / "sources").mkdir()
    assistant = Assistant(Settings(sources=tmp_path / "sources", data=tmp_path / "data", neighbours="exact"))
    assistant._loaded = encoder
    assistant.library.open()
    return assistant


@pytest.fixture
def uploads() -> Uploads:
    return Uploads(max_bytes=1024 * 1024)


@pytest.fixture
def intake(assistant: Assistant, uploads: Uploads) -> Iterator[Intake]:
    intake = Intake(assistant, uploads, allow_private_hosts=True)
    yield intake
    assert intake.stop(timeout_s=WAIT_S)


def hand_over(intake: Intake, uploads: Uploads, files: dict[str, bytes]) -> str:
    """What the page does with chosen files; the batch's id, once all are read."""
    batch, wanted = intake.plan([{"name": name, "size": len(data)} for name, data in files.items()])
    for number in wanted:
        name, data = list(files.items())[number]
        token, path = uploads.reserve(name)
        path.write_bytes(data)
        intake.received(batch, number, token)
    settled(intake)
    return batch


def settled(intake: Intake) -> list[Batch]:
    deadline = time.monotonic() + WAIT_S
    while any(batch.busy for batch in intake.batches()):
        assert time.monotonic() < deadline, "it was never done"
        time.sleep(0.01)
    return intake.batches()


def told(intake: Intake) -> list[tuple[str, str, str]]:
    return [(row.name, row.state.value, row.reason) for row in intake.batches()[-1].rows]


def in_folder(assistant: Assistant) -> dict[str, str]:
    root = assistant.settings.sources
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def sources_of(assistant: Assistant) -> list[str]:
    return [document.source for document in assistant.documents()]


def test_each_file_is_told_and_none_stops_another(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("in/harbour.txt", "The harbour was dredged in May.")
        opened.writestr("in/bad.pdf", b"no pdf at all \x00")
    files = {
        "broken.txt": b"\x00\xff\x00", "ferry.txt": FERRY.encode(), "photo.jpg": b"\xff\xd8\xff", "empty.txt": b"",
        "big.txt": b"x" * 2_000_000, "box.zip": archive.getvalue(), "trip/.DS_Store": b"x", "trip/photo.jpg": b"\xff\xd8\xff",
        "trip/deep/notes.md": b"# Notes\n\nThe lighthouse was painted green in 1987.\n",
        "trip/Page.html": b"<html><body><article><p>The mayor of Norvia opened the bridge in 1990 and thanked all who had built it.</p></article></body></html>",
        "trip/Page_files/ad.html": b"<html><body>Buy</body></html>",
    }  # fmt: skip
    hand_over(intake, uploads, files)
    rows = {name: (state, reason) for name, state, reason in told(intake)}
    assert {name: state for name, (state, _) in rows.items()} == {
        "broken.txt": "failed", "ferry.txt": "added", "photo.jpg": "failed", "empty.txt": "failed", "big.txt": "failed",
        "box.zip": "unpacked", "trip/.DS_Store": "skipped", "trip/photo.jpg": "skipped", "trip/deep/notes.md": "added",
        "trip/Page.html": "added", "trip/Page_files/ad.html": "skipped", "box/in/harbour.txt": "added", "box.zip/in/bad.pdf": "failed",
    }  # fmt: skip
    assert rows["big.txt"][1] == "2 MB, and this page takes files of up to 1 MB."
    assert rows["trip/Page_files/ad.html"][1] == "It belongs to a saved page beside it."
    assert all(reason.endswith(".") and "assistant-uploads" not in reason for state, reason in rows.values() if state == "failed")
    assert sources_of(assistant) == ["box/in/harbour.txt", "ferry.txt", "trip/Page.html", "trip/deep/notes.md"]
    assert list(in_folder(assistant)) == sources_of(assistant)
    assert assistant.ask("When does the ferry to Norvia leave?").citations[0].source == "ferry.txt"
    assert uploads._paths == {}


def test_five_thousand_files_are_planned_at_once(intake: Intake) -> None:
    names = [f"press/2025/{n:04}/release.txt" for n in range(4_998)]
    files = [{"name": name, "size": 1_000} for name in [*names, "press/Page.html", "press/Page_files/deep/ad.html"]]
    began = time.process_time()
    _, wanted = intake.plan(files)
    assert time.process_time() - began < 5.0  # 0.2 s where each is looked at once, minutes where each is held against all
    assert wanted == list(range(4_999))
    assert told(intake)[-1] == ("press/Page_files/deep/ad.html", "skipped", "It belongs to a saved page beside it.")


def test_progress_moves_within_a_long_document(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    shown: list[tuple[float, list[str]]] = []

    class Looking(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> Any:
            [batch] = intake.batches()
            html = panel.uploads([batch])
            shown.append((float((re.findall(r'<progress .*value="([\d.]+)"', html) or [0])[0]), re.findall(r"(\d+) %", html)))
            return super().encode(texts)

    assistant._loaded = Looking()  # type: ignore[assignment]
    hand_over(intake, uploads, {"book.txt": story(1, n_paragraphs=150).encode()})
    assert shown == [(0.0, []), (0.21, ["21"]), (0.42, ["42"]), (0.63, ["63"]), (0.85, ["85"])]
    assert told(intake) == [("book.txt", "added", "")]


def test_failed_file_is_added_when_it_comes_again_whole(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    hand_over(intake, uploads, {"ferry.txt": b"\x00\xff\x00"})
    hand_over(intake, uploads, {"ferry.txt": FERRY.encode()})
    assert told(intake) == [("ferry.txt", "added", "")]
    hand_over(intake, uploads, {"ferry.txt": FERRY.encode()})
    assert told(intake) == [("ferry.txt", "there", "")]


def test_undo_takes_out_what_was_added_and_only_that(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    hand_over(intake, uploads, {"old.txt": b"The harbour was dredged in May."})
    batch = hand_over(intake, uploads, {"old.txt": b"The harbour was dredged in May.", "trip/ferry.txt": FERRY.encode()})
    assert sources_of(assistant) == ["old.txt", "trip/ferry.txt"]
    intake.undo(batch)
    settled(intake)
    assert told(intake) == [("old.txt", "there", ""), ("trip/ferry.txt", "undone", "")]
    assert sources_of(assistant) == ["old.txt"]
    assert list(in_folder(assistant)) == ["old.txt"]
    assert [each.source for each in managing.removed_sources(assistant.library)] == ["trip/ferry.txt"]
    intake.close(batch)
    assert [each.id for each in intake.batches()] != [batch]


@pytest.mark.parametrize("way", ["replace", "both", "leave"])
def test_name_that_is_taken_is_the_readers_to_settle(
    intake: Intake, uploads: Uploads, assistant: Assistant, way: str
) -> None:
    hand_over(intake, uploads, {"ferry.txt": b"The ferry leaves at eight."})
    before = in_folder(assistant)
    batch = hand_over(intake, uploads, {"ferry.txt": FERRY.encode(), "other.txt": b"Something else was said on Monday."})
    assert [state for _, state, _ in told(intake)] == ["taken", "added"]
    assert in_folder(assistant)["ferry.txt"] == "The ferry leaves at eight."
    intake.settle(batch, 0, way)
    settled(intake)
    states = {"replace": "changed", "both": "added", "leave": "skipped"}
    assert told(intake)[0][1] == states[way]
    expected = {"replace": {"ferry.txt": FERRY}, "both": {"ferry (2).txt": FERRY}, "leave": {}}[way]
    assert in_folder(assistant) == {**before, "other.txt": "Something else was said on Monday.", **expected}
    indexed = {source.source: assistant.document(source.id).text for source in assistant.documents()}  # type: ignore[union-attr]
    assert indexed == in_folder(assistant)
    intake.undo(batch)
    settled(intake)
    assert in_folder(assistant) == before
    assert sources_of(assistant) == ["ferry.txt"]


def test_vector_store_follows_what_is_replaced_and_taken_back(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    def mirrored() -> bool:
        settled(intake)
        assert intake.stop(timeout_s=WAIT_S)  # after the task at hand
        intake._stopped.clear()
        intake._worker = None
        return assistant.library.is_mirrored

    hand_over(intake, uploads, {"ferry.txt": b"The ferry leaves at eight."})
    batch = hand_over(intake, uploads, {"ferry.txt": FERRY.encode()})
    for change in (lambda: intake.settle(batch, 0, "replace"), lambda: intake.undo(batch)):
        before = assistant.library.catalog.generation
        change()
        assert (mirrored(), assistant.library.catalog.generation > before) == (True, True)


def test_replacement_that_cannot_be_read_leaves_what_is_there(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    hand_over(intake, uploads, {"ferry.txt": FERRY.encode()})
    batch = hand_over(intake, uploads, {"ferry.txt": b"\x00\xff\x00"})
    intake.settle(batch, 0, "replace")
    settled(intake)
    assert told(intake)[0][1] == "failed"
    assert in_folder(assistant) == {"ferry.txt": FERRY}


def test_pages_are_fetched_told_and_undone(intake: Intake, assistant: Assistant) -> None:
    def article(words: str) -> Reply:
        return Reply(f"<html><head><title>Ferries</title></head><body><article><h1>Ferries</h1><p>{words}</p></article></body></html>".encode())

    first, second = article(FERRY), article(FERRY.replace("nine", "ten"))
    pages = {"/ferries": first}
    with serving(pages) as web:
        intake.add_pages(f"{web.url('/ferries')} {web.url('/nowhere')}")
        settled(intake)
        states = [state for _, state, _ in told(intake)]
        assert sorted(states) == ["added", "failed"]
        [source] = sources_of(assistant)
        intake.add_pages(web.url("/ferries"))
        settled(intake)
        assert told(intake) == [(web.url("/ferries"), "there", "It is here already, and the same.")]
        pages["/ferries"] = second
        intake.add_pages(web.url("/ferries"))
        [*_, batch] = settled(intake)
        assert [(row.source, row.state) for row in batch.rows] == [(source, State.CHANGED)]
    assert "at ten" in in_folder(assistant)[source]
    intake.undo(batch.id)
    settled(intake)
    assert "at nine" in in_folder(assistant)[source]
    document = assistant.document(assistant.documents()[0].id)
    assert document is not None
    assert "at nine" in document.text


def test_this_machine_is_not_fetched_from(assistant: Assistant, uploads: Uploads) -> None:
    intake = Intake(assistant, uploads)
    with serving({"/a": Reply(b"<html>secret</html>")}) as web:
        intake.add_pages(web.url("/a"))
        settled(intake)
        assert web.paths == []
    [(_, state, reason)] = told(intake)
    assert state == "failed"
    assert "127.0.0.1" in reason
    assert intake.stop(timeout_s=WAIT_S)


def test_reports_are_for_those_who_saw_the_work_and_questions_for_all(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    def shown(reader: str) -> list[list[str]]:
        return [[row.name for row in batch.rows] for batch in intake.shown_to(reader)]

    refused, _ = intake.plan([{"name": "a.exe", "size": 1}], reader="one")
    sending, _ = intake.plan([{"name": "ferry.txt", "size": 5}], reader="one")
    assert (shown("one"), shown("two")) == ([["ferry.txt"], ["a.exe"]], [["ferry.txt"]])
    token, path = uploads.reserve("ferry.txt")
    path.write_text(FERRY)
    intake.received(sending, 0, token)
    settled(intake)
    assert (shown("one"), shown("two"), shown("three")) == ([["ferry.txt"], ["a.exe"]], [["ferry.txt"]], [])
    taken = hand_over(intake, uploads, {"ferry.txt": b"Something else."})
    assert shown("three") == [["ferry.txt"]]
    intake.settle(taken, 0, "leave")
    assert shown("three") == []
    intake.close(refused)
    assert shown("one") == [["ferry.txt"]]


@pytest.mark.parametrize(
    ("typed", "named"),
    [("not an address", "not an address"), (" example.org/a", "example.org/a"), ("https://example.org/a  and this", "and this"), ("x" * 90, "x" * 80 + " …")],
)
def test_what_is_no_address_is_told_once_and_nothing_is_fetched(intake: Intake, typed: str, named: str) -> None:
    with pytest.raises(AssistantError, match=f"^“{re.escape(named)}” is no web address. Write it in full, such as https://example.org/article.$"):
        intake.add_pages(typed)
    assert intake.batches() == []


def test_files_of_a_page_that_was_left_are_given_up(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, _ = intake.plan([{"name": "a.txt", "size": 5}])
    intake.sending(batch)
    assert [each.busy for each in intake.batches()] == [True]
    monkeypatch.setattr("assistant.web.intake.FORSAKEN_S", -1.0)
    assert told(intake) == [("a.txt", "failed", "The page was left before it was sent. Add it again.")]


@pytest.mark.parametrize("looked_at", ["while it comes", "before it comes"])
def test_file_that_takes_long_is_not_given_up_while_its_bytes_come(intake: Intake, uploads: Uploads, looked_at: str) -> None:
    batch, wanted = intake.plan([{"name": "ferry.txt", "size": len(FERRY)}, {"name": "next.txt", "size": 5}])
    assert wanted == [0, 1]
    states: list[list[str]] = []

    def another_page_looks() -> None:
        states.append([state for _, state, _ in told(intake)])

    blocks = [FERRY[:40].encode(), FERRY[40:].encode()] if looked_at == "while it comes" else [FERRY.encode()]

    async def receive() -> Message:
        block = blocks.pop(0)
        if not blocks:
            another_page_looks()
        return {"type": "http.request", "body": block, "more_body": bool(blocks)}

    kept = intake._batches.get(batch)
    assert kept is not None
    kept.touched -= FORSAKEN_S + 1  # with the page in the background, where it asks for nothing
    query = f"name=ferry.txt&upload={batch}"
    request = Request({"type": "http", "method": "POST", "headers": [], "query_string": query.encode()}, receive)
    reply = asyncio.run(upload_route(uploads, came=intake.sending)(request))
    another_page_looks()
    intake.received(batch, 0, json.loads(bytes(reply.body))["token"])
    intake.lost(batch, 1, "")
    settled(intake)
    first = "sending" if looked_at == "while it comes" else "failed"
    assert states == [[first, first], ["sending", "sending"]]
    assert [(name, state) for name, state, _ in told(intake)] == [("ferry.txt", "added"), ("next.txt", "failed")]


def test_file_that_comes_after_its_batch_was_taken_back_is_not_added(intake: Intake, uploads: Uploads, assistant: Assistant) -> None:
    batch, _ = intake.plan([{"name": "ferry.txt", "size": len(FERRY)}, {"name": "late.txt", "size": 5}])

    def come(number: int, name: str) -> None:
        intake.sending(batch)
        token, path = uploads.reserve(name)
        path.write_text(FERRY)
        intake.received(batch, number, token)

    come(0, "ferry.txt")
    kept = intake._batches.get(batch)
    assert kept is not None
    kept.touched -= FORSAKEN_S + 1
    settled(intake)
    intake.undo(batch)
    settled(intake)
    come(1, "late.txt")
    settled(intake)
    assert [(name, state) for name, state, _ in told(intake)] == [("ferry.txt", "undone"), ("late.txt", "failed")]
    assert (sources_of(assistant), uploads._paths) == ([], {})


def test_stopping_does_not_wait_for_a_long_document(
    assistant: Assistant, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, release = threading.Event(), threading.Event()
    monkeypatch.setattr(assistant, "add", lambda *args, **options: (begun.set(), release.wait(WAIT_S)))
    intake = Intake(assistant, uploads)
    batch, _ = intake.plan([{"name": "a.txt", "size": 5}])
    token, path = uploads.reserve("a.txt")
    path.write_bytes(b"words")
    intake.received(batch, 0, token)
    assert begun.wait(WAIT_S)
    started = time.monotonic()
    assert not intake.stop(timeout_s=0.2)
    assert time.monotonic() - started < 5
    release.set()


def test_rows_that_want_something_come_first_when_all_is_done() -> None:
    states = [State.ADDED, State.FAILED, State.TAKEN, State.SKIPPED]
    rows = [Row(f"{n}.txt", state) for n, state in enumerate(states)]
    assert [n for n, _ in rows_in_order(Batch("x", rows))] == [2, 1, 0, 3]
    assert [n for n, _ in rows_in_order(Batch("x", [*rows, Row("4.txt", State.WAITING)]))] == [0, 1, 2, 3, 4]


ForgedCall = Callable[[Intake], None]


@pytest.mark.parametrize(
    "call",
    [
        lambda intake: intake.received("nobody", 0, "token"),
        lambda intake: intake.received(intake.plan([{"name": "a.txt", "size": 1}])[0], 7, "token"),
        lambda intake: intake.lost("nobody", -1, ""),
        lambda intake: intake.settle("nobody", 0, "replace"),
        lambda intake: intake.undo("nobody"),
        lambda intake: intake.close("nobody"),
        lambda intake: intake.plan([{"name": None, "size": "x"}, {}]),
    ],
)
def test_forged_calls_do_nothing(intake: Intake, assistant: Assistant, call: ForgedCall) -> None:
    call(intake)
    assert in_folder(assistant) == {}
