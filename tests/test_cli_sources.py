"""Adding from the web, correcting, removing and bringing back, as a person does it, against a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.cli import main
from tests.fakes import write
from tests.webserver import Reply, article, redirect, serving

pytestmark = pytest.mark.slow

FUND = article(
    "The harbour fund of Norvia grows",
    "The harbour fund of Norvia has grown to 61 million dollars, the council of the port said on Tuesday.",
    "Work on the new quay begins in June and is to take two years, the council said.",
)


def test_a_page_is_added_cited_corrected_removed_and_brought_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: str, status: int = 0) -> str:
        assert main(arguments) == status
        return capsys.readouterr().out

    (tmp_path / "sources").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with serving({"/news/harbour-fund-grows": Reply(FUND), "/short": redirect("/news/harbour-fund-grows")}) as web:
        refused = run("add", web.url("/short"), status=1)
        assert refused == (
            f"failed   {web.url('/short')}: '127.0.0.1' is an address of this machine. Pages are fetched from the public internet only; "
            "for others, start the assistant with --allow-private-hosts.\n0 added, 0 changed, 0 removed, 0 unchanged, 1 failed.\n"
        )
        assert web.asked == []
        write(tmp_path, {"mine.urls": f"# to read\n{web.url('/short')}\n"})
        added = run("add", "mine.urls", "--allow-private-hosts")
        assert added == "added    127.0.0.1/harbour-fund-grows.html\n1 added, 0 changed, 0 removed, 0 unchanged, 0 failed.\n"
        again = run("add", "--urls", "mine.urls", "--allow-private-hosts", "--json")
        assert json.loads(again)["skipped"] == [{"source": web.url("/short"), "reason": "here already"}]
        url = web.url("/news/harbour-fund-grows")
    answer = json.loads(run("ask", "--json", "How large is the harbour fund of Norvia?"))
    assert "61 million" in answer["text"]
    assert answer["citations"][0]["url"] == url
    edited = run("edit", "harbour-fund-grows", "--publisher", "Norvia Courier", "--date", "April 16, 2025")
    assert edited == "changed  127.0.0.1/harbour-fund-grows.html\n0 added, 1 changed, 0 removed, 0 unchanged, 0 failed.\n"
    listed = run("sources", "--find", "courier").splitlines()
    assert listed[:3] == ["127.0.0.1/harbour-fund-grows.html", "  The harbour fund of Norvia grows", "  Norvia Courier · 16 April 2025 · 1 passage"]
    assert (listed[3].startswith(f"  {url}, fetched "), listed[4:]) == (True, ["1 of 1 documents."])
    run("remove", "harbour-fund-grows")
    assert run("restore").startswith("127.0.0.1/harbour-fund-grows.html\n  taken out ")
    assert run("restore", "harbour-fund-grows").startswith("added    127.0.0.1/harbour-fund-grows.html\n")
    (document,) = json.loads(run("sources", "--json"))["documents"]
    assert (document["publisher"], document["published"], document["url"]) == ("Norvia Courier", "2025-04-16", url)
    assert run("reread", "harbour-fund-grows") == "0 added, 0 changed, 0 removed, 1 unchanged, 0 failed.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add"], "Nothing was named to add. Name files, folders or URLs: assistant add FILE"),
        (["add", "https://example.org/", "--limit", "0"], "--limit is 0; it must be at least 1."),
        (["add", "--urls", "none.urls"], "the list cannot be read: No such file or directory"),
        (["edit", "a.txt"], "Nothing was said to change. Give --title, --publisher, --author, --date or --clear."),
        (["edit", "a.txt", "--title", "x", "--clear", "title"], "The title is both given and cleared; do one of the two."),
        (["edit", "a.txt", "--date", "soon"], "'soon' is no date. Give it as 2025-04-15, with a time as 2025-04-15T10:03."),
        (["reread"], "Name the sources to read again, or give --failed for those that could not be read."),
        (["restore", "a.txt"], "No 'a.txt' waits to be brought back. Nothing does."),
    ],
)
def test_wrong_use_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str) -> None:
    write(tmp_path / "sources", {"a.txt": "A short text that stands here.\n"})
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"assistant: {said}\n"


def test_what_was_brought_back_before_a_wrong_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", {"a.txt": "A short text that stands here.\n", "b.txt": "Another text that stands here.\n"})
    monkeypatch.chdir(tmp_path)
    assert main(["remove", "a.txt"]) == 0
    capsys.readouterr()
    assert main(["restore", "a.txt", "nosuch"]) == 1
    told = capsys.readouterr()
    assert told.out == "added    a.txt\n1 added, 0 changed, 0 removed, 0 unchanged, 0 failed.\n"
    assert told.err == "assistant: No 'nosuch' waits to be brought back. Nothing does.\n"


@pytest.mark.parametrize("command", [["restore", "a.txt"], ["edit", "a.txt", "--title", "A title"], ["reread", "a.txt"]])
def test_a_source_that_cannot_be_read_fails_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    write(tmp_path / "sources", {"a.txt": b"\0\0"})
    monkeypatch.chdir(tmp_path)
    assert main(["sync"]) == 0
    if command[0] == "restore":
        assert main(["remove", "a.txt"]) == 0
    assert main(command) == 1
    assert "failed   a.txt: the file is binary, not text" in capsys.readouterr().out


def test_the_vector_store_follows_what_a_command_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", {"a.txt": "A short text that stands here.\n", "b.txt": "Another text that stands here.\n"})
    monkeypatch.chdir(tmp_path)
    assert main(["sync"]) == 0
    library = Assistant.open("sources").library
    for command in (["edit", "a.txt", "--title", "A title"], ["remove", "a.txt"], ["restore", "a.txt"]):
        before = library.catalog.generation
        assert main(command) == 0
        assert (library.catalog.generation > before, library.is_mirrored) == (True, True), command
    write(tmp_path / "sources", {"b.txt": "Other words that stand here.\n"})
    assert (main(["reread", "b.txt"]), library.is_mirrored) == (0, True)
    assert (main(["remove", "b.txt", "nosuch"]), library.is_mirrored) == (1, True)
    assert library.store.difference(library.catalog) == (0, 0)


def test_the_name_of_a_source_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a\x1b[2Jb.txt"
    write(tmp_path / "sources", {name: b"\0", "c.txt": "A text."})
    monkeypatch.chdir(tmp_path)
    assert [main(command) for command in (["sync"], ["doctor"], ["remove", name], ["restore", "nosuch"])] == [0, 1, 0, 1]
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert (told.err.count("a\N{REPLACEMENT CHARACTER}[2Jb.txt"), told.out.count("a\N{REPLACEMENT CHARACTER}[2Jb.txt")) == (1, 4)
