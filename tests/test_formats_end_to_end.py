"""Documents of other formats from file to cited answer, with the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.citations import is_verbatim
from assistant.interfaces.langchain import to_langchain
from assistant.wire import answer_to_json
from tests.asking import AssistantWith, assistant_in
from tests.loading.makers import docx, eml, html, pdf, pptx, xlsx

PAGES = (
    "The Riverside library will close for eleven weeks while its roof is replaced, the council said.\n\nReaders may use the branch in Mill Lane meanwhile.",
    "Councillor Maria Lopez called the closure regrettable but necessary.\n\nA survey found that 62 per cent of the slates were loose.",
    "The architects, Brook and Partners, will restore the glass dome as well.\n\nIts 48 panes have been in storage in Leeds since 1941.",
)
FILES = {
    "library.pdf": pdf(PAGES, title="Library to close", head="Riverside Council - Press release"),
    "minutes.docx": docx(("# Minutes", "The annual rent of an allotment rises from 40 to 46 pounds in April.", "The pump will be installed by Harding Brothers.")),
    "ferry.pptx": pptx((("Ferry timetable", ("The first boat leaves at 5:40 on weekdays.",), ""), ("Crew", ("The crew of each boat is four.",), ""))),
    "tariffs.xlsx": xlsx({"Tariffs": [("Country", "Tariff rate"), ("Japan", "24 per cent"), ("Vietnam", "46 per cent")]}),
    "bridge.html": html("<p>The old bridge reopened on Wednesday after repairs that cost the city 12 million euros.</p><p hidden>The bridge cost 99 million euros.</p>"),
    "mail.eml": eml("The server will be down on Saturday from 8 to 11 because the disks are replaced.", Subject="Server maintenance"),
}
QUESTIONS = {
    "For how long will the library close?": ("library.pdf", 1, "eleven weeks"),
    "What did Maria Lopez say about the closure?": ("library.pdf", 2, "regrettable but necessary"),
    "Where have the panes been in storage?": ("library.pdf", 3, "Leeds"),
    "How much is the rent of an allotment?": ("minutes.docx", None, "46 pounds"),
    "How many are the crew of a boat?": ("ferry.pptx", 2, "four"),
    "What tariff rate does Vietnam face?": ("tariffs.xlsx", None, "46 per cent"),
    "How much did the repairs of the bridge cost?": ("bridge.html", None, "12 million"),
    "When will the server be down?": ("mail.eml", None, "from 8 to 11"),
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    made = assistant_in(tmp_path_factory.mktemp("formats"), encoder, FILES)
    assert made.overview().n_documents == len(FILES)
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_verbatim_and_names_its_page(assistant: AssistantWith, question: str) -> None:
    source, page, words = QUESTIONS[question]
    answer = assistant.ask(question)
    first = answer.citations[0]
    assert (first.source, first.page) == (source, page)
    assert words in first.quote
    for citation in answer.citations:
        document = assistant.library.catalog.document_by_source(citation.source)
        assert document is not None
        assert is_verbatim(citation, document)
    told = json.loads(json.dumps(answer_to_json(answer)))["citations"][0]
    assert (told["page"], told["line"]) == (page, None)


def test_no_answer_comes_from_what_is_hidden_or_runs_along(assistant: AssistantWith) -> None:
    for question in (*QUESTIONS, "How much did the bridge cost?", "What did the press release of Riverside Council say?"):
        answer = assistant.ask(question)
        assert not any("99 million" in hit.passage.text or "Press release" in hit.passage.text for hit in answer.hits)


def test_langchain_is_told_the_page(assistant: AssistantWith) -> None:
    hit = assistant.search("panes of the dome in storage")[0]
    assert (hit.document.source, to_langchain(hit).metadata["page"]) == ("library.pdf", hit.document.page_of(hit.passage.start))
    assert to_langchain(assistant.search("rent of an allotment")[0]).metadata["page"] is None


def test_a_file_that_hangs_its_parser_is_not_waited_for_at_each_question(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, {"good.txt": "The fund holds 40 million crowns.", "bad.pdf": b"%PDF-1.7 damaged"})
    read: list[str] = []
    load = assistant.library.read
    assistant.library.read = lambda path, source: read.append(source) or load(path, source)  # type: ignore[method-assign,func-returns-value]
    (assistant.settings.sources / "new.txt").write_text("The fund was set up in 1990.")
    assert "1990" in assistant.ask("When was the fund set up?").text
    assert read == ["new.txt"]
    assistant.library.sync(mirror=False)
    assert "bad.pdf" in read
