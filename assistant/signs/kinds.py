"""What may differ between a written sentence and the words it rests on, and how it is told."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class What(StrEnum):
    """What differs."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    CERTAINTY = "certainty"
    OPPOSITE = "opposite"
    ROLES = "roles"
    ORDER = "order"
    LINK = "link"


class Sign(NamedTuple):
    """One difference, in a few words for the reader."""

    what: What
    words: str
