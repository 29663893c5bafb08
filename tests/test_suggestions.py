from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.furniture import LearntFurniture
from assistant.suggestions import suggestions
from tests.asking import assistant_in, report
from tests.fakes import ROOT, library_in
from tests.test_duplicates import paragraph

FILES = {
    "old.txt": report("Trade Minister Karl Lund opened the quay. Anna Berg said no to it.", title="An old report", published="2023-01-02"),
    "new.txt": report("Anna Berg, the ferry director, spoke. “No,” Anna Berg said. Oskar Hald warned of ice.", title="A new report", published="2024-05-02"),
}  # fmt: skip


def suggested(folder: Path, files: dict[str, str], n: int = 9) -> list[str]:
    library = library_in(folder, files)
    library.sync(mirror=False)
    return suggestions(library.catalog, n)


def test_an_empty_library_suggests_nothing(tmp_path: Path) -> None:
    assert suggested(tmp_path, {}) == []


def test_people_who_speak_or_have_a_role_are_asked_about(tmp_path: Path) -> None:
    assert suggested(tmp_path, FILES) == ["What is new?", "What did Anna Berg say?", "Who is Karl Lund?", "What did Oskar Hald say?"]


def test_no_more_than_asked_for_are_given(tmp_path: Path) -> None:
    library = library_in(tmp_path, FILES)
    library.sync(mirror=False)
    assert [suggestions(library.catalog, n) for n in (0, 1, 2)] == [[], ["What is new?"], ["What is new?", "What did Anna Berg say?"]]


def test_one_document_is_asked_for_its_key_points(tmp_path: Path) -> None:
    assert suggested(tmp_path, {"a.txt": "Rain fell all day."}) == ["What are the key points?"]


def test_a_company_is_not_asked_about_as_a_person(tmp_path: Path) -> None:
    text = "He is a partner of Harbour Group, a shipping firm in Norvia. The Ilm River Bank, the largest lender, agreed."
    assert suggested(tmp_path, {"a.txt": text}) == ["What are the key points?"]


def test_who_stands_in_furniture_alone_is_not_asked_about(tmp_path: Path) -> None:
    line = "Write to Maria Lopez, the news editor, at desk@post.example and follow her on the network."
    files = {
        f"{n}.md": report("\n\n".join((paragraph(n), "Karl Lund said so.", *(paragraph(10 * n + i) for i in range(3)), line)), title=f"Report {n}", publisher="Post")
        for n in range(1, 7)
    }
    library = library_in(tmp_path, files)
    library.sync(mirror=False)
    learnt = LearntFurniture(library.catalog).now()
    assert "Who is Maria Lopez?" in suggestions(library.catalog, 9)
    assert suggestions(library.catalog, 9, furniture=learnt) == ["What is new?", "What did Karl Lund say?"]


def test_every_suggestion_for_the_sample_sources_is_answered(tmp_path: Path, encoder: Any) -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "sources").glob("*.md")}
    assistant = assistant_in(tmp_path, encoder, files)
    questions = assistant.suggestions(12)
    assert len(questions) >= 6
    assert [question for question in questions if assistant.ask(question).abstained] == []
