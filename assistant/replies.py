"""What is said where nothing is searched for: to a greeting, to a doubt, and of a folder with nothing to read.

In: what was typed, and what there is. Out: sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.questions import DOUBTS, GREETING, THANKS

NOT_INDEXED = "The sources folder is not indexed yet."
"""Shown below the notice that says what to run."""
GONE = "Most or all of the sources are not in their folder now, and what is left does not answer this."
"""Shown below the notice that says how many, and what to do."""


def small_talk(said: str, *, n_documents: int, examples: Sequence[str]) -> str:
    """What a greeting or a question about the assistant itself is answered, where there are documents."""
    if DOUBTS.match(said):
        return "Each sentence is held to the words it cites. Open a citation to read what stands around them, or ask for what you doubt."
    documents = f"the {n_documents} documents" if n_documents > 1 else "the one document"
    opening = "Hello. " if GREETING.match(said) else "You are welcome. " if THANKS.match(said) else ""
    quoted = " ".join(f"“{example}”" for example in examples)
    asking = f" Ask, for example: {quoted}" if quoted else ""
    return f"{opening}I answer from {documents} in your sources folder and show where each sentence stands.{asking}"


def no_sources(folder: Path, *, read_at_once: bool) -> str:
    """That there is nothing to answer from.

    Args:
        read_at_once: Whether something reads what comes into the folder.
    """
    out = "Put documents there; they are read at once." if read_at_once else "Put documents there, or run: assistant add FILE"
    return f"There is nothing in the sources folder '{folder}' that can be read yet. {out}"
