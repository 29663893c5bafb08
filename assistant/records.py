"""What the catalog keeps of files, documents and passages, as the rows that it takes and gives.

In and out: frozen rows, which need no open database. Texts of documents and passages are in `types`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from assistant.types import Vectors


class FileState(NamedTuple):
    """A file and its sidecar as they were when last looked at.

    Attributes:
        failure: Why it could not be read; None if it was.
        about_size: Of the sidecar; -1 where there was none.
    """

    size: int
    mtime_ns: int
    looked_ns: int
    sha256: str
    failure: str | None
    about_size: int = -1
    about_mtime_ns: int = 0
    about_sha256: str = ""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """What the catalog says of a document without opening its text."""

    id: str
    source: str
    title: str | None
    publisher: str | None
    author: str | None
    published: str | None
    url: str | None
    n_passages: int
    n_pages: int = 0
    warnings: tuple[str, ...] = ()
    fetched: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the library holds. Dates are ISO, None where no document has one."""

    n_documents: int
    n_passages: int
    publishers: tuple[str, ...]
    first: str | None
    last: str | None


def overview_of(documents: Sequence[DocumentSummary]) -> Overview:
    dates = sorted(d.published[:10] for d in documents if d.published)
    return Overview(
        n_documents=len(documents),
        n_passages=sum(d.n_passages for d in documents),
        publishers=tuple(sorted({d.publisher for d in documents if d.publisher})),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
    )


class PassageRow(NamedTuple):
    """Where a passage stands, for scoring; `id` orders equal scores the same way in every index."""

    document_id: str
    start: int
    end: int

    @property
    def id(self) -> str:
        return f"{self.document_id}:{self.start}-{self.end}"


class DocumentVectors(NamedTuple):
    """The passages of one document and their vectors, shape `(n_passages, dim)`, float32 unit rows."""

    document_id: str
    passages: tuple[PassageRow, ...]
    vectors: Vectors
