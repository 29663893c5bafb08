"""The real command, in processes of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assistant import __version__
from assistant.cli import main, parser
from assistant.terminal import LISTED
from tests.asking import NORVIA, environment, report, run_command, text_on_disk
from tests.fakes import stories, write

pytestmark = pytest.mark.slow

FUND = "How large is the harbour fund of Norvia?"
CONSOLE_SCRIPT = Path(sys.executable).with_name("assistant")
COMMANDS = sorted(next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)).choices)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with `sources` and an index up to date; nobody changes it."""
    folder = tmp_path_factory.mktemp("built")
    write(folder / "sources", NORVIA)
    done = run_command("sync", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture
def own(built: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    shutil.copytree(built, tmp_path / "own")
    return tmp_path / "own"


def done(*arguments: str | Path, cwd: Path, **options: Any) -> str:
    """What a command prints that must succeed and say nothing on standard error."""
    result = run_command(*arguments, cwd=cwd, **options)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def as_json(*arguments: str | Path, cwd: Path, **options: Any) -> dict[str, Any]:
    found = json.loads(done(*arguments, "--json", cwd=cwd, **options))
    assert found["schema"] == 1
    return found


def refused(*arguments: str | Path, cwd: Path, status: int = 1, env: Mapping[str, str] | None = None) -> str:
    """The one line on standard error of a command that must fail; for wrong usage, argparse's last line."""
    result = run_command(*arguments, cwd=cwd, env=env)
    assert (result.returncode, result.stdout) == (status, "")
    lines = result.stderr.splitlines()
    assert lines[0].startswith("usage: ") if status == 2 else len(lines) == 1
    return lines[-1]


# What is imported, and how fast


HEAVY = ("torch", "chromadb", "gradio", "langchain_core", "sentence_transformers", "onnxruntime", "numpy", "rich", "transformers")
SHOW_IMPORTED = f"""
import sys
from assistant.cli import main
status = main(sys.argv[1:]) if len(sys.argv) > 1 else 0
print(sorted(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
sys.exit(status)
"""


def imported(*arguments: str, cwd: Path) -> list[str]:
    result = run_command(*arguments, cwd=cwd, program=(sys.executable, "-c", SHOW_IMPORTED))
    assert result.returncode == 0
    return re.findall(r"\w+", result.stderr.splitlines()[-1])


def test_the_command_line_imports_no_heavy_library(tmp_path: Path) -> None:
    assert imported(cwd=tmp_path) == []


def test_asking_imports_neither_torch_nor_chroma_nor_gradio(built: Path) -> None:
    assert imported("ask", FUND, cwd=built) == ["numpy", "onnxruntime", "rich"]
    assert imported("ask", "--json", FUND, cwd=built) == ["numpy", "onnxruntime"]


def test_indexing_a_few_new_files_on_the_way_imports_no_more(tmp_path: Path) -> None:
    write(tmp_path / "sources", NORVIA)
    assert imported("ask", "--json", FUND, cwd=tmp_path) == ["numpy", "onnxruntime"]


def test_reading_the_library_embeds_nothing(built: Path) -> None:
    for command in (["sources", "--json"], ["show", "fund.md"]):
        assert not {"onnxruntime", "torch", "chromadb", "gradio"} & set(imported(*command, cwd=built))


def test_help_comes_at_once(tmp_path: Path) -> None:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        assert "usage: assistant" in done("--help", cwd=tmp_path)
        times.append(time.perf_counter() - started)
    assert min(times) < 5  # 0.1 s on an idle machine


# Usage


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_the_common_settings(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert exited.value.code == 0
    assert shown.startswith(f"usage: assistant {command} ")
    for flag in ("--sources", "--data", "--encoder", "--neighbours", "--config", "--verbose"):
        assert flag in shown


def test_the_version_is_told(tmp_path: Path) -> None:
    assert done("--version", cwd=tmp_path) == f"assistant {__version__}\n"


def test_the_installed_script_is_the_same_command(built: Path) -> None:
    assert done("--version", cwd=built, program=[str(CONSOLE_SCRIPT)]) == f"assistant {__version__}\n"
    assert done("sources", cwd=built, program=[str(CONSOLE_SCRIPT)]) == done("sources", cwd=built)
    assert run_command("show", "nothing", cwd=built, program=[str(CONSOLE_SCRIPT)]).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "assistant: error: the following arguments are required: COMMAND"),
        (["frobnicate"], "assistant: error: argument COMMAND: invalid choice: 'frobnicate'"),
        (["ask", "--bogus", FUND], "assistant ask: error: unrecognized arguments: --bogus; see: assistant ask --help"),
        (["search"], "assistant search: error: the following arguments are required: query"),
        (["search", "-k", "many", "fund"], "assistant search: error: argument -k/--top-k: invalid int value: 'many'"),
        (["ask", "--since", "spring", FUND], "assistant ask: error: argument --since: 'spring' is no date of the form YYYY-MM-DD"),
        (["ask", "--until", "2025-13-45", FUND], "assistant ask: error: argument --until: '2025-13-45' is no date of the form YYYY-MM-DD"),
        (["show", "fund.md", "--span", "12"], "assistant show: error: argument --span: '12' is not START:END, for example 120:260"),
        (["show", "fund.md", "--span", "9:9"], "assistant show: error: argument --span: '9:9' is empty: START must be at least 0 and below END"),
        (["ask", "--neighbours", "guess", FUND], "assistant ask: error: argument --neighbours: invalid choice: 'guess'"),
        (["chat", "--port", "http"], "assistant chat: error: argument --port: 'http' is no port from 1 to 65515"),
        (["chat", "--port", "-5"], "assistant chat: error: argument --port: '-5' is no port from 1 to 65515"),
        (["chat", "--port", "99999"], "assistant chat: error: argument --port: '99999' is no port from 1 to 65515"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_status_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    shown = capsys.readouterr()
    assert (exited.value.code, shown.out) == (2, "")
    assert shown.err.startswith(f"usage: {message.partition(':')[0]} ")
    assert shown.err.splitlines()[-1].startswith(message)


def test_wrong_usage_of_the_real_command_is_status_2(tmp_path: Path) -> None:
    assert refused("ask", "--since", "spring", "Why?", cwd=tmp_path, status=2) == (
        "assistant ask: error: argument --since: 'spring' is no date of the form YYYY-MM-DD"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "--sources", "none", FUND], "There is no sources folder 'none'. Make it and put documents in, or name another: --sources DIR."),
        (["show", "fundd.md"], "There is no source 'fundd.md'. Did you mean: fund.md?"),
        (["show", "quite another thing"], "There is no source 'quite another thing'. See: assistant sources"),
        (["ask", "--source", "nothing-like-it", FUND], "There is no source 'nothing-like-it'. See: assistant sources"),
        (["remove", "zzz"], "There is no source 'zzz'. See: assistant sources"),
        (["ask", "--publisher", "Nobody", FUND], "No document is by 'Nobody'. Publishers: Norvia Courier, Port Gazette."),
        (["search", "--publisher", "Nobody", "fund"], "No document is by 'Nobody'. Publishers: Norvia Courier, Port Gazette."),
        (["search", "-k", "0", "fund"], "-k is 0; it must be at least 1."),
        (["ask", "  "], "The question is empty. Ask something, for example: What is new?"),
        (["ask", "x" * 2001], "The question has 2001 characters; the most is 2000. Shorten it."),
        (["ask", "--config", "none.toml", FUND], "There is no settings file 'none.toml'."),
        (
            ["ask", "--encoder", "another", FUND],
            "The index in .assistant was built with the encoder 'all-MiniLM-L6-v2', but the settings name 'another', which is neither "
            "bundled, nor a folder, nor a model that was fetched before. Leave it out, or mend its name; if it is to be fetched from the Hugging Face hub, "
            "run: assistant sync --encoder another --rebuild",
        ),
        (
            ["ask", "--sources", "sources/wire", FUND],
            "The index in .assistant mirrors the folder 'sources', not 'sources/wire'. Give the other folder its own index with "
            "--data DIR, or turn this one over: assistant sync --sources sources/wire --rebuild",
        ),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)  # fmt: skip
def test_an_error_is_one_line_with_the_way_out_and_status_1(
    built: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(built)
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"assistant: {message}\n")


def test_an_error_of_the_real_command_is_one_line(built: Path) -> None:
    assert refused("ask", "--sources", "none", FUND, cwd=built) == (
        "assistant: There is no sources folder 'none'. Make it and put documents in, or name another: --sources DIR."
    )


def test_a_span_beyond_the_text_is_an_error(built: Path) -> None:
    length = len(text_on_disk(built / "sources", "fund.md"))
    assert refused("show", "fund.md", "--span", f"5:{length + 1}", cwd=built) == (
        f"assistant: 'fund.md' has {length} characters; the span ends at {length + 1}."
    )


def test_verbose_shows_errors_in_full(built: Path) -> None:
    result = run_command("show", "fundd.md", "-v", cwd=built)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "assistant.errors.SourceError: There is no source 'fundd.md'. Did you mean: fund.md?"


# Settings


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("colour = 'red'", "assistant.toml sets 'colour', which is no setting. Settings: sources, data, encoder, reader, neighbours, answerer, top_k, max_file_mb, max_file_seconds, model, model_url, model_timeout_s."),
        ("top_k = 'ten'", "assistant.toml sets top_k to 'ten', which is not a whole number."),
        ("top_k = 0", "top_k is 0; it must be at least 1."),
        ("neighbours = 'guess'", "neighbours is 'guess', which is none of: auto, exact, chroma."),
        ("answerer = 'oracle'", "answerer is 'oracle', which is none of: quoting."),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(own: Path, toml: str, message: str) -> None:
    (own / "assistant.toml").write_text(toml, encoding="utf-8")
    assert refused("ask", FUND, cwd=own) == f"assistant: {message}"


def test_settings_come_from_file_environment_and_flags_in_that_order(own: Path) -> None:
    (own / "assistant.toml").write_text("sources = 'nowhere'\ntop_k = 3\n", encoding="utf-8")
    assert refused("sources", cwd=own) == "assistant: There is no sources folder 'nowhere'. Make it and put documents in, or name another: --sources DIR."
    environ = {"ASSISTANT_SOURCES": "sources", "ASSISTANT_TOP_K": "2"}
    assert len(as_json("ask", FUND, cwd=own, env=environ)["hits"]) == 2
    assert len(as_json("ask", FUND, "--sources", "sources", cwd=own, env={"ASSISTANT_SOURCES": "nowhere"})["hits"]) == 3
    (own / "other.toml").write_text("top_k = 1\n", encoding="utf-8")
    assert len(as_json("ask", FUND, "--config", "other.toml", cwd=own)["hits"]) == 1


def test_it_works_from_another_directory(built: Path, tmp_path: Path) -> None:
    there = ("--sources", built / "sources", "--data", built / ".assistant")
    assert done("ask", *there, FUND, cwd=tmp_path) == done("ask", FUND, cwd=built)
    assert done("ask", FUND, cwd=tmp_path, env={"ASSISTANT_SOURCES": str(built / "sources"), "ASSISTANT_DATA": str(built / ".assistant")}) == done(
        "ask", FUND, cwd=built
    )
    assert list(tmp_path.iterdir()) == []


# ask


ANSWER_KEYS = (
    "schema question standalone_question text answer confidence abstained statements citations disagreements hits notices stale "
    "answerer model where usage timings_ms"
).split()


def test_ask_prints_the_documented_object(built: Path) -> None:
    answer = as_json("ask", *FUND.split(), cwd=built)
    assert list(answer) == ANSWER_KEYS
    assert (answer["question"], answer["abstained"], answer["stale"], answer["notices"]) == (FUND, None, False, [])
    assert {claim["value"] for claim in answer["disagreements"][0]["values"]} == {"$40 million", "$55 million"}
    for citation in answer["citations"]:
        text = text_on_disk(built / "sources", citation["source"])
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert set(answer["timings_ms"]) == {"retrieve", "answer"}
    assert 0 < len(answer["hits"]) <= 10


def test_ask_prints_statements_and_footnotes(built: Path) -> None:
    assert done("ask", "Who leads the dredging project?", cwd=built) == (
        "Harbour master Karl Lund leads the dredging project. [1]\n"
        "\n"
        "[1] Norvia sets money aside for its harbour · Port Gazette · 2 May 2024\n"
        "    fund.md:9\n"
    )


def test_declining_is_done(built: Path) -> None:
    answer = as_json("ask", "What is the capital of France?", cwd=built)
    assert answer["abstained"] == {"reason": "not_in_sources", "message": "The sources do not answer this."}
    assert (answer["statements"], answer["citations"], answer["text"]) == ([], [], "")
    shown = done("ask", "What is the capital of France?", cwd=built).splitlines()
    assert shown[:2] == ["The sources do not answer this.", "The nearest passages, for what they are worth:"]


def test_filters_are_taken(built: Path) -> None:
    for flags, sources in (
        (["--publisher", "port gazette"], {"fund.md", "bridge.md"}),
        (["--source", "strike", "--source", "critics.md"], {"strike.md", "critics.md"}),
        (["--since", "2024-05-03", "--until", "2024-05-31"], {"critics.md"}),
    ):
        answer = as_json("ask", "Summarise the news about Norvia", *flags, cwd=built)
        assert {hit["source"] for hit in answer["hits"]} == sources
    assert answer["notices"] == ["1 undated document was left out by the date filter."]


def test_a_publisher_whose_file_was_just_put_there_is_known(own: Path) -> None:
    write(own / "sources", {"quay.md": report("The new quay of Norvia costs $12 million.", title="A new quay", publisher="Quay News")})
    answer = as_json("ask", "How much does the new quay cost?", "--publisher", "quay news", cwd=own)
    assert {hit["source"] for hit in answer["hits"]} == {"quay.md"}


def test_a_search_that_filters_leave_nothing_to_says_so(built: Path) -> None:
    assert done("search", "fund", "--until", "2020-01-01", cwd=built) == (
        "No document was published on 1 January 2020 or before; their dates are 11 April to 3 June \n2024.\n"
    )


def test_without_a_question_lines_are_read_and_the_conversation_is_kept(built: Path) -> None:
    lines = f"Who leads the dredging project?\n\nWhere was he born?\n{'x' * 2001}\n{FUND}\n"
    result = run_command("ask", "--json", cwd=built, stdin=lines)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(a["question"], a["standalone_question"]) for a in answers] == [
        ("Who leads the dredging project?", "Who leads the dredging project?"),
        ("Where was he born?", "Where was Karl Lund born?"),
        (FUND, FUND),
    ]
    assert (result.returncode, result.stderr) == (0, "assistant: The question has 2001 characters; the most is 2000. Shorten it.\n")


def test_no_lines_at_all_are_no_error(built: Path) -> None:
    assert done("ask", cwd=built) == ""


def test_an_empty_folder_is_told_and_done(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    message = "There is nothing in the sources folder 'sources' that can be read yet. Put documents there, or run: assistant add FILE"
    assert as_json("ask", FUND, cwd=tmp_path)["abstained"] == {"reason": "no_sources", "message": message}
    assert done("sources", cwd=tmp_path) == "No documents in 'sources' are indexed yet. Add some: assistant add FILE\n"
    assert done("search", "fund", cwd=tmp_path) == "No passages.\n"


# search, show, sources


def test_search_prints_the_documented_object(built: Path) -> None:
    found = as_json("search", "-k", "2", "dredging", "project", cwd=built)
    assert list(found) == ["schema", "query", "hits"]
    assert (found["query"], [hit["rank"] for hit in found["hits"]], found["hits"][0]["source"]) == ("dredging project", [1, 2], "fund.md")
    assert list(found["hits"][0]) == ["rank", "score", "source", "title", "published", "start", "end", "text", "also_in"]
    assert len(as_json("search", "Norvia", cwd=built)["hits"]) <= 10


def test_show_prints_exactly_what_a_citation_quotes(built: Path) -> None:
    cited = 0
    for question in (FUND, "What did Anna Berg say?", "When does the new bridge open?"):
        for citation in as_json("ask", question, cwd=built)["citations"]:
            span = f"{citation['start']}:{citation['end']}"
            assert done("show", citation["source"], "--span", span, cwd=built) == citation["quote"] + "\n"
            cited += 1
    assert cited >= 4


def test_show_prints_a_text_whole_by_path_name_or_stem(built: Path) -> None:
    text = text_on_disk(built / "sources", "ferries/batteries.txt")
    for name in ("ferries/batteries.txt", "batteries.txt", "batteries", "sources/ferries/batteries.txt"):
        assert done("show", name, cwd=built) == text


def test_show_gives_a_document_as_json(built: Path) -> None:
    shown = as_json("show", "fund.md", cwd=built)
    text = text_on_disk(built / "sources", "fund.md")
    assert {key: shown[key] for key in ("source", "text", "title", "publisher", "author", "published", "url")} == {
        "source": "fund.md", "text": text, "title": "Norvia sets money aside for its harbour", "publisher": "Port Gazette", "author": None,
        "published": "2024-05-02", "url": None,
    }  # fmt: skip
    assert json.loads(done("show", "fund.md", "--span", "4:9", "--json", cwd=built))["text"] == text[4:9]


def test_sources_lists_the_documents(built: Path) -> None:
    found = as_json("sources", cwd=built)["documents"]
    assert [document["source"] for document in found] == sorted(NORVIA)
    by_source = {document["source"]: document for document in found}
    assert (by_source["critics.md"]["publisher"], by_source["critics.md"]["published"]) == ("Norvia Courier", "2024-05-09")
    assert (by_source["ferries/batteries.txt"]["publisher"], by_source["ferries/batteries.txt"]["published"]) == (None, None)
    listed = done("sources", cwd=built).splitlines()
    assert [line for line in listed if not line.startswith("  ")] == sorted(NORVIA)


def test_what_is_looked_for_is_found_among_what_was_not_read_too(own: Path) -> None:
    write(own / "sources", {"broken.pdf": b"no\x00PDF\xff", "ferries/other.pdf": b"no\x00PDF\xff"})
    assert run_command("sync", cwd=own).returncode == 0
    assert done("sources", "--find", "BROKEN", cwd=own) == (
        "failed   broken.pdf: it is not a PDF, though its name says so; if it is text, rename it to .txt\n0 of 6 documents.\n"
    )
    found = as_json("sources", "--find", "ferries", cwd=own)
    assert ([d["source"] for d in found["documents"]], [f["source"] for f in found["failed"]]) == (["ferries/batteries.txt"], ["ferries/other.pdf"])


# add, remove, sync, doctor


def test_what_is_added_answers_and_what_is_removed_does_not(own: Path) -> None:
    before = as_json("ask", FUND, cwd=own)
    write(own, {"more.md": report("The harbour fund of Norvia holds $70 million.", title="More", published="2024-07-01")})
    assert done("add", "more.md", cwd=own) == "added    more.md\n1 added, 0 changed, 0 removed, 0 unchanged, 0 failed.\n"
    assert "$70 million" in done("ask", FUND, cwd=own)
    assert as_json("add", "more.md", cwd=own) == {"schema": 1, "added": [], "changed": [], "removed": [], "unchanged": 1, "failed": [], "warnings": [], "skipped": []}
    kept = own / ".assistant" / "keep" / "removed" / "more.md"
    assert done("remove", "more.md", cwd=own) == "removed  more.md\n         kept as .assistant/keep/removed/more.md\n"
    assert kept.read_bytes() == (own / "more.md").read_bytes()
    assert not (own / "sources" / "more.md").exists()
    assert {**as_json("ask", FUND, cwd=own), "timings_ms": 0} == {**before, "timings_ms": 0}


def test_removing_a_second_file_of_the_name_keeps_both(own: Path) -> None:
    for text in ("The port is calm.", "The port is busy."):
        write(own / "sources", {"note.txt": text})
        done("remove", "note.txt", cwd=own)
    kept = sorted((own / ".assistant" / "keep" / "removed").glob("note*.txt"))
    assert sorted(path.read_text() for path in kept) == ["The port is busy.", "The port is calm."]


def test_what_cannot_be_added_is_told(own: Path) -> None:
    write(own, {"fund.md": "Another fund.", "blob.txt": b"\0\1", "good.txt": "The port is calm.", "page.pdf": b"%PDF"})
    result = run_command("add", "fund.md", "blob.txt", "none.txt", "page.pdf", "--json", cwd=own)
    assert (result.returncode, result.stderr) == (1, "")
    failed = {failure["source"]: failure["reason"] for failure in json.loads(result.stdout)["failed"]}
    assert failed["fund.md"] == "the sources folder has a different 'fund.md' already; rename this one, or first: assistant remove fund.md"
    assert (failed["blob.txt"], failed["none.txt"]) == ("the file is binary, not text", "there is no such file")
    assert failed["page.pdf"] == "it is not a PDF, though its name says so; if it is text, rename it to .txt"
    assert text_on_disk(own / "sources", "fund.md") == NORVIA["fund.md"]
    assert run_command("add", "good.txt", "blob.txt", cwd=own).returncode == 1  # though one was added
    assert (own / "sources" / "good.txt").read_text() == "The port is calm."


def test_a_folder_is_added_with_its_inner_paths(own: Path) -> None:
    write(own / "given", {"a.txt": "The port is calm.", "in/b.txt": "The dock is calm.", ".hidden.txt": "No."})
    assert as_json("add", "given", cwd=own)["added"] == ["given/a.txt", "given/in/b.txt"]


def test_sync_tells_what_changed(own: Path) -> None:
    assert as_json("sync", cwd=own) == {"schema": 1, "added": [], "changed": [], "removed": [], "unchanged": 6, "failed": [], "warnings": [], "skipped": []}
    write(own / "sources", {"fund.md": "The harbour fund is gone.", "new.txt": "The port is calm.", "bad.txt": b"\0"}, age_ns=0)
    (own / "sources" / "strike.md").unlink()
    assert as_json("sync", cwd=own) == {
        "schema": 1, "added": ["new.txt"], "changed": ["fund.md"], "removed": ["strike.md"], "unchanged": 4,
        "failed": [{"source": "bad.txt", "reason": "the file is binary, not text"}], "warnings": [], "skipped": [],
    }  # fmt: skip


def test_an_emptied_folder_is_not_believed_without_yes(own: Path) -> None:
    shutil.rmtree(own / "sources")
    (own / "sources").mkdir()
    assert refused("sync", cwd=own) == (
        "assistant: The sources folder 'sources' is empty, but the index holds 6 documents. "
        "If a drive is not mounted, mount it; if the folder really was emptied, run: assistant sync --yes"
    )
    assert len(as_json("sync", "--yes", cwd=own)["removed"]) == 6


def test_rebuilding_gives_the_same_answers_and_keeps_what_a_person_made(own: Path) -> None:
    before = as_json("ask", FUND, cwd=own)
    write(own / ".assistant" / "keep", {"feedback.jsonl": "{}\n"})
    assert len(as_json("sync", "--rebuild", cwd=own)["added"]) == 6
    assert {**as_json("ask", FUND, cwd=own), "timings_ms": 0} == {**before, "timings_ms": 0}
    assert (own / ".assistant" / "keep" / "feedback.jsonl").read_text() == "{}\n"


def test_many_new_files_are_told_and_wait_for_a_sync(tmp_path: Path) -> None:
    write(tmp_path / "sources", {"fund.txt": "The harbour fund of Norvia holds $40 million."})
    done("sync", cwd=tmp_path)
    write(tmp_path / "sources", stories(range(LISTED + 1)))
    shown = done("ask", FUND, cwd=tmp_path).splitlines()
    assert shown[:2] == [
        "Note: The index is behind the folder (21 files have changed). Run: assistant sync",
        "The harbour fund of Norvia holds $40 million. [1]",
    ]
    report_lines = done("sync", cwd=tmp_path).splitlines()
    assert (len(report_lines), report_lines[-1]) == (LISTED + 2, "21 added, 0 changed, 0 removed, 1 unchanged, 0 failed.")
    assert not as_json("ask", FUND, cwd=tmp_path)["stale"]


def test_doctor_tells_the_state_and_mends_it(own: Path) -> None:
    sound = as_json("doctor", cwd=own)["checks"]
    assert [check for check in sound if not check["ok"]] == []
    assert [list(check) for check in sound] == [["name", "ok", "found", "way_out"]] * len(sound)
    (own / "sources" / "strike.md").unlink()
    told = run_command("doctor", cwd=own)
    assert (told.returncode, told.stderr) == (1, "")
    [line] = [line for line in told.stdout.splitlines() if line.startswith("BAD")]
    assert re.fullmatch(r"BAD index +6 documents, \d+ passages, 1 files? behind the folder  -> assistant sync", line)
    mended = done("doctor", "--fix", cwd=own)
    assert [line for line in mended.splitlines() if not line.startswith("ok  ")] == []
    assert "5 documents" in mended


# The terminal


def test_a_reader_that_goes_away_is_no_error(own: Path) -> None:
    write(own / "sources", {"long.txt": "The port of Norvia is calm today, and nobody asks why.\n\n" * 4_000})
    done("sync", cwd=own)
    for command in (["show", "long.txt"], ["sources"], ["ask", "Summarise the news about Norvia"], ["search", "--json", "port"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant", *command], cwd=own, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        if command[0] == "show":
            assert process.stdout.readline() == b"The port of Norvia is calm today, and nobody asks why.\n"
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=60)) == (b"", 0)
        process.stderr.close()


def test_piped_output_has_no_escape_codes_and_no_color_takes_colour_away(built: Path) -> None:
    assert "\x1b" not in done("ask", FUND, cwd=built)
    forced = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert re.search(r"\x1b\[(?:\d;)*3\dm", done("ask", FUND, cwd=built, env=forced))
    assert not re.search(r"\x1b\[(?:\d;)*3\d", done("ask", FUND, cwd=built, env={**forced, "NO_COLOR": "1"}))


def test_a_narrow_terminal_gets_the_same_words(built: Path) -> None:
    narrow = done("ask", FUND, cwd=built, env={"COLUMNS": "30"})
    assert narrow.split() == done("ask", FUND, cwd=built).split()
    assert max(len(line.rstrip()) for line in narrow.splitlines()) <= 30


def test_json_is_one_line_where_nobody_watches(built: Path) -> None:
    assert done("ask", "--json", FUND, cwd=built).count("\n") == 1


def test_text_of_any_script_is_printed_under_any_locale(built: Path) -> None:
    for locale in ("C", "POSIX"):
        assert "🚢" in done("show", "batteries", cwd=built, env={"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "1"})


def test_the_command_leaves_no_file_behind(built: Path) -> None:
    done("ask", FUND, cwd=built)
    assert sorted(os.listdir(built)) == [".assistant", "sources"]
