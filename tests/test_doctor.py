from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

import assistant.judging
import assistant.reader
from assistant.assistant import Assistant
from assistant.doctor import PACKAGES, Check, examine
from assistant.encoder import BUNDLED_SHA256, FP32, INT8
from assistant.settings import BUNDLED_ENCODER, Settings
from tests.asking import run_command
from tests.fakes import write

FILES = {"a.txt": "The harbour of Norvia is calm.", "b/c.txt": "The fund of Norvia holds $40 million."}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A library of two documents, both stores up to date."""
    write(tmp_path / "sources", FILES)
    made = Settings(sources=tmp_path / "sources", data=tmp_path / "data")
    Assistant.open(settings=made).sync()
    return made


def checks(settings: Settings, *, fix: bool = False) -> dict[str, Check]:
    found = list(examine(settings, fix=fix))
    assert len({check.name for check in found}) == len(found)
    return {check.name: check for check in found}


def bad(found: dict[str, Check]) -> list[Check]:
    return [check for check in found.values() if not check.ok]


def test_a_sound_installation_is_ok_throughout(settings: Settings) -> None:
    found = checks(settings)
    assert list(found) == ["python", *PACKAGES, "encoder", "reader", "catalog", "sources", "index", "vector store"]
    assert bad(found) == []
    assert {name: found[name].found for name in PACKAGES} == {name: metadata.version(name) for name in PACKAGES}
    assert found["catalog"].found == "sound"
    assert found["sources"].found == f"{settings.sources}: 2 files"
    assert found["index"].found == "2 documents, 2 passages, 0 files behind the folder"
    assert found["vector store"].found == "agrees with the catalog"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"answerer": "foo"}, "answerer is 'foo', which is none of: quoting."),
        ({"reader": "nosuch-reader"}, "nosuch-reader: neither bundled, nor a folder, nor fetched before"),
    ],
)
def test_what_no_question_could_be_answered_with_is_told(settings: Settings, given: dict[str, str], found: str) -> None:
    [check] = bad(checks(replace(settings, **given)))
    assert (check.name, check.found) == ("reader", found)
    assert check.way_out.startswith("mend ")


@pytest.mark.parametrize("graph", ["BUNDLED_GRAPH", "JUDGE_GRAPH"])
def test_a_model_that_ships_and_is_damaged_is_told(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: str) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no graph")
    monkeypatch.setattr(assistant.reader.OnnxReader.__init__, "__defaults__", (damaged,)) if graph == "BUNDLED_GRAPH" else monkeypatch.setattr(
        assistant.judging, "JUDGE_GRAPH", damaged
    )
    [check] = bad(checks(settings))
    assert (check.name, check.found.startswith(f"The reader {damaged} cannot be opened")) == ("reader", True)


def test_a_missing_folder_ends_the_examination_with_the_way_out(tmp_path: Path) -> None:
    found = list(examine(Settings(sources=tmp_path / "none", data=tmp_path / "data")))
    assert found[-1] == Check(
        "library", False, f"There is no sources folder '{tmp_path / 'none'}'. Make it and put documents in, or name another: --sources DIR."
    )
    assert [check.name for check in found if not check.ok] == ["library"]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    found = checks(Settings(sources=tmp_path / "sources", data=tmp_path / "data"))
    assert bad(found) == [Check("sources", False, f"{tmp_path / 'sources'}: 0 files", "assistant add FILE")]


def test_an_index_behind_the_folder_is_told_and_fixed(settings: Settings) -> None:
    write(settings.sources, {"new.txt": "The dockers of Norvia went home."})
    (settings.sources / "a.txt").unlink()
    assert bad(checks(settings)) == [Check("index", False, "2 documents, 2 passages, 2 files behind the folder", "assistant sync")]
    found = checks(settings, fix=True)
    assert bad(found) == []
    assert found["index"].found == "2 documents, 2 passages, 0 files behind the folder"
    assert bad(checks(settings)) == []


def test_an_index_of_an_earlier_graph_answers_and_is_told_until_it_is_made_anew(settings: Settings, tmp_path: Path) -> None:
    model = f"{BUNDLED_ENCODER}@{BUNDLED_SHA256['model.safetensors'][:12]}"
    [now] = (recipe for recipe in (INT8, FP32) if Assistant.open(settings=settings).encoder.id == f"{model}/{recipe}")
    with closing(sqlite3.connect(settings.index / "catalog.sqlite")) as index, index:
        index.execute("UPDATE meta SET value = ? WHERE key = 'encoder_id'", (f"{model}/int8-0",))
    found = f"The index in {settings.data} was built with '{model}/int8-0', but '{BUNDLED_ENCODER}' is now '{model}/{now}'"
    assert bad(checks(settings)) == [
        Check("index", False, f"2 documents, 2 passages, 0 files behind the folder. {found}", "assistant sync --rebuild")
    ]
    assert Assistant.open(settings=settings).ask("What is calm?").citations[0].source == "a.txt"
    told = run_command("sync", "--sources", settings.sources, "--data", settings.data, cwd=tmp_path)
    rebuild = f"assistant sync --sources {settings.sources} --data {settings.data} --rebuild"
    assert (told.returncode, told.stderr) == (0, f"{found}. It answers, but takes nothing in until you run: {rebuild}\n")
    assert bad(checks(settings, fix=True)) == []
    assert bad(checks(settings)) == []


def test_a_file_that_cannot_be_read_is_named(settings: Settings) -> None:
    write(settings.sources, {"broken.txt": b"\x00\xff\xfe"})
    Assistant.open(settings=settings).sync()
    [check] = bad(checks(settings))
    assert (check.name, check.found, check.way_out) == ("unread", "broken.txt: the file is binary, not text", "mend or remove the file")


def test_two_files_that_cannot_be_read_are_both_named(settings: Settings) -> None:
    write(settings.sources, {"one.txt": b"\0", "two.pdf": b"%PDF"})
    Assistant.open(settings=settings).sync()
    found = [check.found.split(":")[0] for check in examine(settings) if check.name == "unread"]
    assert found == ["one.txt", "two.pdf"]


def test_stores_that_differ_are_told_and_brought_together(settings: Settings) -> None:
    assistant = Assistant.open(settings=settings)
    assistant.library.remove("b/c.txt")
    assert bad(checks(settings)) == [
        Check("vector store", False, "0 passages missing, 1 too many; search is exact meanwhile", "assistant doctor --fix")
    ]
    assert bad(checks(settings, fix=True)) == []
    assert bad(checks(settings)) == []


def test_a_vector_store_that_cannot_be_read_is_made_anew(settings: Settings, tmp_path: Path) -> None:
    for path in (settings.index / "chroma").glob("*.sqlite3"):
        path.write_bytes(b"no database " * 100)
    where = ("--sources", settings.sources, "--data", settings.data)
    told = run_command("doctor", *where, cwd=tmp_path)
    assert (told.returncode, told.stdout.splitlines()[-1].split("  -> ")[-1]) == (1, f"assistant doctor --sources {settings.sources} --data {settings.data} --fix")
    fixed = run_command("doctor", "--fix", *where, cwd=tmp_path)
    assert (fixed.returncode, fixed.stderr) == (0, "")
    assert fixed.stdout.splitlines()[-1] == "ok  vector store          agrees with the catalog"
    assert run_command("doctor", *where, cwd=tmp_path).returncode == 0


def test_a_library_without_a_vector_store_is_sound(settings: Settings) -> None:
    shutil.rmtree(settings.index / "chroma")
    (settings.index / "chroma.json").unlink()
    found = checks(settings)
    assert bad(found) == []
    assert found["vector store"].found == "not made yet; search is exact meanwhile"


def test_a_catalog_that_is_no_database_is_told_with_a_way_out_that_works(settings: Settings, tmp_path: Path) -> None:
    for path in settings.index.glob("catalog.sqlite*"):
        path.unlink()
    (settings.index / "catalog.sqlite").write_bytes(b"no database " * 1_000)
    assert [(check.name, check.found.endswith("run assistant sync --rebuild")) for check in examine(settings) if not check.ok] == [("library", True)]
    where = ("--sources", settings.sources, "--data", settings.data)
    assert run_command("sync", "--rebuild", *where, cwd=tmp_path).returncode == 0
    assert bad(checks(settings)) == []


def test_a_catalog_that_lost_rows_is_told_and_made_anew(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.index / "catalog.sqlite")) as connection, connection:
        connection.execute("DELETE FROM passages_fts WHERE rowid = (SELECT MIN(rowid) FROM passages_fts)")
    assert bad(checks(settings)) == [Check("catalog", False, "2 passages, 1 in the full text, 2 by documents", "assistant sync --rebuild")]
    assert bad(checks(settings, fix=True)) == []
    assert bad(checks(settings)) == []


def test_a_library_is_sound_right_after_files_were_added(tmp_path: Path) -> None:
    write(tmp_path / "given", FILES, age_ns=0)
    (tmp_path / "sources").mkdir()
    made = Settings(sources=tmp_path / "sources", data=tmp_path / "data")
    Assistant.open(settings=made).add([tmp_path / "given" / "a.txt"])
    assert bad(checks(made)) == []


@pytest.mark.parametrize("damage", ["a page", "all of it"])
def test_a_damaged_catalog_is_made_anew_by_fix(settings: Settings, tmp_path: Path, damage: str) -> None:
    catalog = settings.index / "catalog.sqlite"
    for path in settings.index.glob("catalog.sqlite-*"):
        path.unlink()
    content = catalog.read_bytes()
    noise = bytes(range(256)) * 20
    catalog.write_bytes(noise * 4 if damage == "all of it" else content[:4096] + noise + content[4096 + len(noise) :])
    where = ("--sources", settings.sources, "--data", settings.data)
    told = run_command("ask", "anything?", *where, cwd=tmp_path)
    assert "Traceback" not in told.stderr
    if damage == "all of it":  # a page may be one that this question does not read
        assert (told.returncode, told.stderr.count("\n"), "damaged" in told.stderr) == (1, 1, True)
    fixed = run_command("doctor", "--fix", *where, cwd=tmp_path)
    assert (fixed.returncode, fixed.stderr) == (0, "")
    assert run_command("doctor", *where, cwd=tmp_path).returncode == 0
