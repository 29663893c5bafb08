"""Stand-ins and makers that several tests share. Nothing here is random: the same call gives the same thing in any process."""

from __future__ import annotations

import hashlib
import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.catalog import Catalog
from assistant.fulltext import match
from assistant.library import Library
from assistant.loading import document_id
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.types import Document, Passage
from assistant.vectors import ExactNeighbours

ROOT = Path(__file__).resolve().parent.parent
AN_HOUR_NS = 3_600_000_000_000


class HashingEncoder:
    """Unit vectors in which shared words give closer vectors; keeps every text it was given in `encoded`."""

    dim = 256
    max_tokens = 256

    def __init__(self, encoder_id: str = "hashing@1", *, delay_s: float = 0.0) -> None:
        self.id = encoder_id
        self.encoded: list[str] = []
        self._delay_s = delay_s

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded.extend(texts)
        time.sleep(self._delay_s * len(texts))
        return np.array([_vector_of(text) for text in texts], dtype=np.float32).reshape(-1, self.dim)


def _vector_of(text: str) -> np.ndarray:
    words = sorted(set(re.findall(r"\w+", text.casefold()))) or [""]
    total = np.sum([_vector_of_word(word) for word in words], axis=0)
    return total / np.linalg.norm(total)


@lru_cache(maxsize=10_000)
def _vector_of_word(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(HashingEncoder.dim)


def write(folder: Path, files: Mapping[str, str | bytes], *, age_ns: int = AN_HOUR_NS) -> None:
    """Write files below `folder`, last modified `age_ns` ago, so that their times can be trusted at the first look."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        modified = time.time_ns() - age_ns
        os.utime(path, ns=(modified, modified))


def library_in(folder: Path, files: Mapping[str, str | bytes] | None = None, **given: Any) -> Library:
    """An open library of `folder/sources` and `folder/data`; `encoder` is a HashingEncoder unless given.

    Other keywords are Settings fields.
    """
    encoder = given.pop("encoder", None) or HashingEncoder()
    notify = given.pop("notify", lambda message: None)
    settings = Settings(**{"sources": folder / "sources", "data": folder / "data", **given})
    settings.sources.mkdir(parents=True, exist_ok=True)
    write(settings.sources, files or {})
    return Library(settings, encoder=lambda: encoder, notify=notify).open()


def retriever_of(library: Library, encoder: Any = None) -> Retriever:
    return Retriever(library.catalog, ExactNeighbours(library.catalog), encoder or HashingEncoder())


WORDS = (
    "harbour council budget minister river bridge election turbine copper wheat vaccine orbit glacier museum "
    "strike railway senate cargo drought festival reactor treaty orchard satellite ferry pension mine port "
    "archive comet battery lantern marble quarry violin saddle meadow anchor beacon compass dredge estuary"
).split()


def story(n: int, *, n_paragraphs: int = 4) -> str:
    """A made-up report: a headline and paragraphs of a few sentences, different for each `n`."""
    words = random.Random(f"story {n}")
    lines = [f"Report {n} on the {words.choice(WORDS)} and the {words.choice(WORDS)}"]
    for _ in range(n_paragraphs):
        sentences = []
        for _ in range(4):
            a, b, c, d = words.sample(WORDS, 4)
            amount = words.randrange(10, 9000)
            sentences.append(f"The {a} near the {b} cost {amount} crowns, the {c} said of the {d}.")
        lines.append(" ".join(sentences))
    return "\n\n".join(lines) + "\n"


def stories(numbers: Sequence[int]) -> dict[str, str]:
    return {f"story-{n:03}.txt": story(n) for n in numbers}


def put(catalog: Catalog, source: str, *paragraphs: str, **stated: str) -> Document:
    """Store a document whose passages are `paragraphs`."""
    text = "\n\n".join(paragraphs)
    document = Document(document_id(source, text), source, text, sha256="0" * 64, **stated)
    starts = [text.index(paragraph) for paragraph in paragraphs]
    passages = [Passage(document.id, s, s + len(p), p) for s, p in zip(starts, paragraphs, strict=True)]
    keys = [paragraph.encode()[:16] for paragraph in paragraphs]
    with catalog.change() as change:
        change.put_document(document, passages, HashingEncoder().encode(paragraphs), keys)
    return document


def matches(catalog: Catalog, query: str, *, limit: int = 100) -> list[str]:
    """What `query` finds, as texts."""
    found = match(catalog, query, limit=limit, title_weight=0.5)
    texts = {d.id: catalog.document(d.id).text for d in catalog.documents()}
    return [texts[row.document_id][row.start : row.end] for row, _ in found]


def put_vectors(catalog: Catalog, name: str, vectors: np.ndarray, **stated: Any) -> list[str]:
    """Store a document with one passage a row of `vectors`; return the passages' ids."""
    text = "".join(f"{i:06} " for i in range(len(vectors)))
    document = Document(
        hashlib.sha256(name.encode()).hexdigest()[:16], name, text, sha256=hashlib.sha256(name.encode()).hexdigest(), **stated
    )
    passages = [Passage(document.id, 7 * i, 7 * i + 6, text[7 * i : 7 * i + 6]) for i in range(len(vectors))]
    keys = [hashlib.sha256(f"{name} {i}".encode()).digest()[:16] for i in range(len(vectors))]
    with catalog.change() as change:
        change.put_document(document, passages, vectors, keys)
    return [passage.id for passage in passages]


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
