from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assistant.remembering import Remembering
from tests.fakes import HashingEncoder


def test_vectors_come_in_the_order_asked_for_as_the_encoder_makes_them() -> None:
    encoder = HashingEncoder()
    remembering = Remembering(encoder)
    remembering.encode(["b c"])
    assert np.array_equal(remembering.encode(["a", "b c", "a"]), HashingEncoder().encode(["a", "b c", "a"]))
    assert (remembering.id, remembering.dim) == (encoder.id, encoder.dim)


def test_of_no_texts_there_are_no_rows_of_the_same_width() -> None:
    encoder = HashingEncoder()
    assert Remembering(encoder).encode([]).shape == (0, encoder.dim)


def test_each_text_is_encoded_once() -> None:
    encoder = HashingEncoder()
    remembering = Remembering(encoder)
    for texts in (["a", "b", "a"], ["b", "c"], ["a"]):
        remembering.encode(texts)
    assert encoder.encoded == ["a", "b", "c"]


def test_of_more_than_it_keeps_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.remembering.VECTORS_KEPT", 2)
    encoder = HashingEncoder()
    kept = Remembering(encoder)
    for text in ("a", "b", "c", "c", "a"):
        kept.encode([text])
    assert encoder.encoded == ["a", "b", "c", "a"]


def test_threads_that_ask_at_once_get_what_one_alone_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.remembering.VECTORS_KEPT", 3)
    kept = Remembering(HashingEncoder())
    asked = [[f"text {i % 7}", f"text {i % 5}", "all"] for i in range(200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(kept.encode, asked))
    assert all(np.array_equal(vectors, HashingEncoder().encode(texts)) for vectors, texts in zip(found, asked, strict=True))
