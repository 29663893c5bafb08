"""An `Assistant` -> a LangChain retriever over the same index. Owns this side of langchain-core.

In: a query. Out: LangChain documents whose metadata carries source, span and score, so that a chain can cite verbatim.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from assistant.assistant import Assistant
from assistant.types import Filters, Hit


class SourcesRetriever(BaseRetriever):
    """Passages of a sources folder, best first.

    >>> retriever = SourcesRetriever.open("sources", top_k=4)                      # doctest: +SKIP
    >>> retriever.invoke("Who leads the delegation?")[0].metadata["source"]        # doctest: +SKIP
    'seoul-readies-for-tariff-talks.md'
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Assistant
    top_k: int = Field(default=10, ge=1)
    filters: Filters = Filters()

    @classmethod
    def open(cls, sources: str | Path = "sources", *, top_k: int = 10, **options: Any) -> SourcesRetriever:
        """Open a folder; `options` go to `Assistant.open`."""
        return cls(assistant=Assistant.open(sources, **options), top_k=top_k)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        hits = self.assistant.search(query, top_k=self.top_k, filters=self.filters)
        return [to_langchain(hit) for hit in hits]


def to_langchain(hit: Hit) -> LangChainDocument:
    """A hit as LangChain's document; `metadata["start"]` and `["end"]` are code points of the source's text, `["page"]` counts from 1."""
    document = hit.document
    metadata = {
        "source": document.source,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "url": document.url,
        "page": document.page_of(hit.passage.start),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": hit.score,
        "also_in": [place._asdict() for place in hit.also_in],
    }
    return LangChainDocument(page_content=hit.passage.text, metadata=metadata, id=hit.passage.id)
