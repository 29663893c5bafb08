from __future__ import annotations

import asyncio
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from assistant.interfaces.langchain import SourcesRetriever, to_langchain
from assistant.types import Filters, Place
from tests.asking import NORVIA, AssistantWith, assistant_in, hit_of, text_on_disk
from tests.fakes import write

DREDGING = "Who leads the dredging project?"


@pytest.fixture(scope="module")
def norvia(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    return assistant_in(tmp_path_factory.mktemp("norvia"), encoder, NORVIA)


@pytest.fixture
def retriever(norvia: AssistantWith) -> SourcesRetriever:
    return SourcesRetriever(assistant=norvia, top_k=3)


def test_a_hit_becomes_a_document_with_all_its_places() -> None:
    hit = hit_of("Head.\n\nThe fund holds $40 million.\n", "The fund holds $40 million.", source="port/fund.md", title="A fund",
                 publisher="Port Gazette", published="2024-05-02", url="https://example.org/fund")  # fmt: skip
    made = to_langchain(type(hit)(hit.passage, hit.document, 0.71, 1, 0.5, (Place("copy.txt", 9, 36),)))
    assert (made.id, made.page_content) == ("id-of-port/fund.md:7-34", "The fund holds $40 million.")
    assert made.metadata == {
        "source": "port/fund.md", "title": "A fund", "publisher": "Port Gazette", "published": "2024-05-02", "url": "https://example.org/fund",
        "page": None, "start": 7, "end": 34, "score": 0.71, "also_in": [{"source": "copy.txt", "start": 9, "end": 36}],
    }  # fmt: skip


def test_invoking_gives_what_a_search_gives(retriever: SourcesRetriever, norvia: AssistantWith) -> None:
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(DREDGING)
    assert found == [to_langchain(hit) for hit in norvia.search(DREDGING, top_k=3)]
    assert len(found) == 3
    assert found[0].metadata["source"] == "fund.md"


@pytest.mark.parametrize("query", [DREDGING, "How much is the toll of the bridge?", "batteries 🚢", "dockers"])
def test_the_span_of_every_document_slices_back_from_its_file(retriever: SourcesRetriever, norvia: AssistantWith, query: str) -> None:
    for document in retriever.invoke(query):
        text = text_on_disk(norvia.settings.sources, document.metadata["source"])
        assert text[document.metadata["start"] : document.metadata["end"]] == document.page_content
        for place in document.metadata["also_in"]:
            assert text_on_disk(norvia.settings.sources, place["source"])[place["start"] : place["end"]]


def test_batch_and_async_give_the_same(retriever: SourcesRetriever) -> None:
    queries = [DREDGING, "When does the new bridge open?"]
    one_by_one = [retriever.invoke(query) for query in queries]
    assert retriever.batch(queries) == one_by_one
    assert asyncio.run(retriever.ainvoke(queries[0])) == one_by_one[0]
    assert asyncio.run(retriever.abatch(queries)) == one_by_one


def test_filters_hold(norvia: AssistantWith) -> None:
    retriever = SourcesRetriever(assistant=norvia, filters=Filters(publishers=("Port Gazette",)))
    assert {d.metadata["publisher"] for d in retriever.invoke(DREDGING)} == {"Port Gazette"}


def test_a_chain_writes_from_the_passages_and_can_cite_them(retriever: SourcesRetriever) -> None:
    prompts: list[str] = []

    def keep(prompt: Any) -> Any:
        prompts.append(prompt.to_string())
        return prompt

    def numbered(documents: list[Any]) -> str:
        return "\n".join(f"[{i}] {d.page_content} ({d.metadata['source']})" for i, d in enumerate(documents, start=1))

    chain = (
        {"passages": retriever | numbered, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{passages}\n\n{question}")
        | RunnableLambda(keep)
        | GenericFakeChatModel(messages=iter([AIMessage("Karl Lund [1].")]))
        | StrOutputParser()
    )
    assert chain.invoke(DREDGING) == "Karl Lund [1]."
    assert prompts == [f"Human: {numbered(retriever.invoke(DREDGING))}\n\n{DREDGING}"]


def test_a_chain_may_carry_the_documents_along(retriever: SourcesRetriever) -> None:
    chain = RunnablePassthrough.assign(documents=itemgetter("question") | retriever)
    assert chain.invoke({"question": DREDGING}) == {"question": DREDGING, "documents": retriever.invoke(DREDGING)}


def test_a_folder_can_be_opened_directly(tmp_path: Path) -> None:
    write(tmp_path / "docs", {"fund.txt": "The harbour fund of Norvia holds $40 million."})
    retriever = SourcesRetriever.open(tmp_path / "docs", top_k=2, data=tmp_path / "index")
    [document] = retriever.invoke("How large is the fund?")
    assert (document.page_content, retriever.top_k, retriever.assistant.data) == ("The harbour fund of Norvia holds $40 million.", 2, tmp_path / "index")


def test_fewer_than_one_document_cannot_be_asked_for(norvia: AssistantWith) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        SourcesRetriever(assistant=norvia, top_k=0)
