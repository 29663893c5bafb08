"""A library of three stories in step with its folder, as several modules start from; its fixtures are found by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.library import Library
from assistant.scanning import ScanReport
from tests.fakes import HashingEncoder, library_in, stories


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def three(tmp_path: Path, encoder: HashingEncoder) -> Library:
    """Four passages a story; the encoder has forgotten them."""
    library = library_in(tmp_path, stories([1, 2, 3]), encoder=encoder)
    assert library.sync(mirror=False) == ScanReport(added=("story-001.txt", "story-002.txt", "story-003.txt"))
    assert (library.catalog.counts(), len(encoder.encoded)) == ((3, 12), 12)
    encoder.encoded.clear()
    return library
