"""A chat assistant that answers from your own documents and shows where every sentence comes from.

>>> from assistant import Assistant                                        # doctest: +SKIP
>>> Assistant.open("sources").ask("Who leads the delegation?").text        # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.types import Answer, Citation, Document, Filters, Hit, Passage, Statement, Turn

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Document",
    "Filters",
    "Hit",
    "Passage",
    "Statement",
    "Turn",
]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import assistant` and `assistant --help` stay instant."""
    import importlib

    if name == "Assistant":
        return importlib.import_module("assistant.assistant").Assistant
    if name in __all__:
        return getattr(importlib.import_module("assistant.types"), name)
    raise AttributeError(f"module 'assistant' has no attribute '{name}'")
