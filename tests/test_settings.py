"""Four layers, one value each, and every wrong one named with where it came from."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings

NAMES = "sources, data, encoder, reader, neighbours, answerer, top_k, max_file_mb, max_file_seconds, model, model_url, model_timeout_s"


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def message_of(environ: dict[str, str] | None = None, **given: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ=environ or {}, **given)
    return str(caught.value)


def test_defaults() -> None:
    assert load_settings(environ={}) == Settings(
        sources=Path("sources"), data=Path(".assistant"), encoder="all-MiniLM-L6-v2", neighbours="auto",
        answerer="quoting", top_k=10, max_file_mb=50, max_file_seconds=10,
    )  # fmt: skip


def test_index_and_what_is_kept_lie_in_the_data_folder() -> None:
    settings = Settings(data=Path("d"))
    assert (settings.index, settings.keep) == (Path("d/index"), Path("d/keep"))


def test_file_environment_and_arguments_win_in_this_order() -> None:
    Path("assistant.toml").write_text('sources = "file"\ndata = "file"\nencoder = "file"\ntop_k = 3\n')
    environ = {"ASSISTANT_DATA": "environment", "ASSISTANT_ENCODER": "environment", "ASSISTANT_TOP_K": "4"}
    assert load_settings(environ=environ, encoder="argument", top_k=5, answerer=None) == Settings(
        sources=Path("file"), data=Path("environment"), encoder="argument", top_k=5
    )


def test_a_file_that_begins_with_a_byte_order_mark_is_read() -> None:
    Path("assistant.toml").write_bytes(b"\xef\xbb\xbftop_k = 3\n")
    assert load_settings(environ={}).top_k == 3


def test_every_setting_has_its_variable() -> None:
    environ = {
        "ASSISTANT_SOURCES": "s", "ASSISTANT_DATA": "d", "ASSISTANT_ENCODER": "e", "ASSISTANT_READER": "r", "ASSISTANT_NEIGHBOURS": "exact",
        "ASSISTANT_ANSWERER": "a", "ASSISTANT_TOP_K": "2", "ASSISTANT_MAX_FILE_MB": "1", "ASSISTANT_MAX_FILE_SECONDS": "3",
        "ASSISTANT_MODEL": "openai:x", "ASSISTANT_MODEL_URL": "http://127.0.0.1:1/v1", "ASSISTANT_MODEL_TIMEOUT_S": "5",
    }  # fmt: skip
    assert load_settings(environ=environ) == Settings(
        sources=Path("s"), data=Path("d"), encoder="e", reader="r", neighbours="exact", answerer="a", top_k=2, max_file_mb=1, max_file_seconds=3,
        model="openai:x", model_url="http://127.0.0.1:1/v1", model_timeout_s=5,
    )  # fmt: skip
    assert ", ".join(field.name for field in fields(Settings)) == NAMES


def test_an_empty_variable_and_other_variables_set_nothing() -> None:
    assert load_settings(environ={"ASSISTANT_DATA": "", "ASSISTANT_CACHE": "x", "DATA": "y"}) == Settings()


def test_the_environment_is_the_processes_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SOURCES", "elsewhere")
    assert load_settings().sources == Path("elsewhere")


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert load_settings(environ={"ASSISTANT_SOURCES": "~/texts"}).sources == Path("/home/ann/texts")


def test_a_named_file_is_read_instead(tmp_path: Path) -> None:
    Path("assistant.toml").write_text("top_k = 3\n")
    (tmp_path / "other.toml").write_text('answerer = "other"\n')
    assert load_settings(config=tmp_path / "other.toml", environ={}) == Settings(answerer="other")


def test_a_named_file_that_is_missing_is_an_error() -> None:
    assert message_of(config=Path("none.toml")) == "There is no settings file 'none.toml'."


@pytest.mark.parametrize("content", [b"top_k = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_broken_file_is_an_error_with_a_way_out(content: bytes) -> None:
    Path("assistant.toml").write_bytes(content)
    message = message_of()
    assert message.startswith("assistant.toml cannot be read as TOML: ")
    assert message.endswith(" Mend it or move it away.")


def test_an_unknown_setting_lists_the_known_ones() -> None:
    Path("assistant.toml").write_text("topk = 3\n")
    assert message_of() == f"assistant.toml sets 'topk', which is no setting. Settings: {NAMES}."
    Path("assistant.toml").unlink()
    assert message_of(source="x") == f"the arguments sets 'source', which is no setting. Settings: {NAMES}."


def test_a_value_of_the_wrong_kind_says_where_it_came_from() -> None:
    environ = {"ASSISTANT_TOP_K": "ten"}
    assert message_of(environ) == "the environment sets top_k to 'ten', which is not a whole number."
    Path("assistant.toml").write_text('sources = ["a"]\n')
    assert message_of() == "assistant.toml sets sources to ['a'], which is not a path."


@pytest.mark.parametrize("name", ["top_k", "max_file_mb", "max_file_seconds"])
def test_counts_are_at_least_one(name: str) -> None:
    assert message_of(**{name: 0}) == f"{name} is 0; it must be at least 1."
    assert getattr(load_settings(environ={}, **{name: 1}), name) == 1


def test_a_fraction_is_no_count() -> None:
    Path("assistant.toml").write_text("top_k = 3.7\n")
    assert message_of() == "assistant.toml sets top_k to 3.7, which is not a whole number."


def test_unknown_neighbours_list_the_known_ones() -> None:
    assert message_of(neighbours="faiss") == "neighbours is 'faiss', which is none of: auto, exact, chroma."
