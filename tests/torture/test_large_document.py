"""A document of 2,000 passages taken out and put back: catalog, full text, vectors, Chroma and answers follow, in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.fulltext import document_frequency, match
from assistant.types import Hit
from tests.asking import AssistantWith, assistant_in
from tests.fakes import HashingEncoder, story, write
from tests.torture.consistency import check_consistent, check_mirrors

pytestmark = pytest.mark.slow

NAME = "large.txt"
N_PASSAGES = 2_000
SAMPLE_PASSAGES = 300
QUESTION = "What did the quillback inspector say of the harbour?"
REMOVED_SHARE = 1 / 4
"""Of the time that adding takes, beside which removing is measured: a thirty-sixth, on any machine; what it took is printed."""

Made = Callable[[int, Path], Path]


def large(n_passages: int) -> str:
    """One passage a paragraph; a word of every one stands nowhere else."""
    first, *paragraphs = story(0, n_paragraphs=2 * n_passages).strip().split("\n\n")
    pairs = zip(paragraphs[::2], paragraphs[1::2], strict=True)
    return "\n\n".join([first, *(f"{a} The quillback inspector said so. {b}" for a, b in pairs)]) + "\n"


def found(assistant: AssistantWith) -> tuple[list[Hit], set[str]]:
    """The hits of an answer, and the sources that it rests on or shows."""
    answer = assistant.ask(QUESTION)
    sources = {hit.document.source for hit in answer.hits} | {citation.source for citation in answer.citations}
    return [hit for hit in answer.hits if hit.document.source == NAME], sources


def run(folder: Path, least: int) -> str:
    """Add, remove, add again; what that took."""
    assistant = assistant_in(folder, HashingEncoder(), neighbours="chroma")
    library, catalog = assistant.library, assistant.library.catalog
    n_others = catalog.counts()[1]
    write(folder, {NAME: large(least)})
    assert assistant.add([folder / NAME]).added == (NAME,)
    document = catalog.document_by_source(NAME)
    n_passages = catalog.counts()[1] - n_others
    before = found(assistant)
    assert (n_passages >= least, len(before[0]) > 0) == (True, True)
    check_consistent(library)

    started = time.perf_counter()
    library.remove(NAME)
    removed_ms = 1000 * (time.perf_counter() - started)
    assert NAME not in found(assistant)[1]  # at once, though Chroma has its rows still
    assert library.store.difference(catalog) == (0, n_passages)
    started = time.perf_counter()
    library.mirror()
    mirrored_ms = 1000 * (time.perf_counter() - started)
    assert (catalog.document(document.id), catalog.vectors([document.id]), catalog.counts()[1]) == (None, [], n_others)
    assert (document_frequency(catalog, ["quillback"]), match(catalog, "quillback", limit=9, title_weight=1.0)) == ({"quillback": 0}, [])
    assert NAME not in found(assistant)[1]
    check_consistent(library)
    check_mirrors(library)

    started = time.perf_counter()
    assert assistant.add([folder / NAME]).added == (NAME,)
    added_ms = 1000 * (time.perf_counter() - started)
    assert found(assistant) == before
    check_consistent(library)
    check_mirrors(library)
    library.store.close()
    assert removed_ms < REMOVED_SHARE * added_ms
    return (
        f"{n_passages} of {n_others + n_passages} passages removed in {removed_ms:.0f} ms, out of Chroma in {mirrored_ms:.0f} ms, "
        f"added again (stub encoder) in {added_ms:.0f} ms"
    )


def test_a_large_document_goes_from_all_stores_and_comes_back(tmp_path: Path, made: Made) -> None:
    print(run(made(60, tmp_path), SAMPLE_PASSAGES))


@pytest.mark.torture
def test_a_large_document_goes_from_ten_thousand_passages_and_comes_back(
    tmp_path: Path, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(made(2_500, tmp_path), N_PASSAGES)
    with capsys.disabled():
        print(f"\n{told}")
