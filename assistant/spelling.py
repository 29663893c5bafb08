"""Question -> the same with its slips of the finger mended by the words of the sources.

In: a question and an open index. Out: each word that stands in no source and looks mistyped, with the nearest word that does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from assistant.words import STOPWORDS, WORD, alike, plain, stem

SHORTEST = 5
"""Shorter words have too many others near them."""
LONG = 7
"""From so many letters two may be wrong; in shorter words one."""
PREFIX = 2
"""The letters that are taken to be right: candidates are looked up by them."""


class Slip(NamedTuple):
    """A word of the question and the one of the sources that it is taken for."""

    written: str
    meant: str


class Spelling:
    """Finds slips by what the index holds."""

    def __init__(
        self, *, frequency: Callable[[Sequence[str]], Mapping[str, int]], texts_with_prefix: Callable[[str], Sequence[str]], count_tokens: Callable[[str], int]
    ) -> None:
        """
        Args:
            frequency: In how many passages each of some words stands.
            texts_with_prefix: The passages in which some word begins so.
            count_tokens: Tokens of a word for the embedding model; a common word has one, and is no slip even where no source has it.
        """
        self._frequency, self._texts_with_prefix, self._count_tokens = frequency, texts_with_prefix, count_tokens

    def slips(self, question: str) -> list[Slip]:
        """Words written small that stand nowhere and have a near one that does.

        A word with a capital is left alone: it may be a name that the sources do not have, and to say so is the right answer.
        """
        words = [w for w in dict.fromkeys(re.findall(r"(?<![\w-])[a-z]+(?![\w-])", question)) if len(w) >= SHORTEST and w not in STOPWORDS]
        unknown = [w for w, n in self._frequency(words).items() if n == 0 and not alike(stem(w)) and self._count_tokens(w) > 1]
        return [Slip(word, meant) for word in unknown if (meant := self._nearest(word))]

    def _nearest(self, word: str) -> str | None:
        """The word that is least far, of those the most frequent; None where none is near."""
        most = 2 if len(word) >= LONG else 1
        prefix = word[:PREFIX]
        begun = re.compile(rf"(?<!\w){prefix}[\w’'-]*", re.IGNORECASE)
        words = Counter(
            other
            for text in self._texts_with_prefix(prefix)
            for part in begun.findall(text) or [text]  # the whole text where no word begins so but with an accent
            for other in WORD.findall(plain(part))
            if other.startswith(prefix) and other not in STOPWORDS
        )
        near = [
            (distance, -n, other)
            for other, n in words.items()
            if abs(len(other) - len(word)) <= most and (distance := edits(word, other)) <= most and is_slip(word, other, distance)
        ]
        return min(near)[2] if near else None


def is_slip(written: str, meant: str, distance: int) -> bool:
    """Whether one word is likely the other mistyped, and not another word, or a name, of nearly the same letters.

    >>> is_slip("tarrifs", "tariffs", 2), is_slip("starmer", "started", 2), is_slip("golds", "goods", 1), is_slip("liken", "like", 1)
    (True, False, False, False)
    """
    if distance > 1:
        return set(written) == set(meant)
    if len(written) == len(meant):
        return len(written) > SHORTEST or sorted(written) == sorted(meant)
    return not written.startswith(meant) and not meant.startswith(written)


def mended(question: str, slips: Sequence[Slip]) -> str:
    """The question with each slip replaced."""
    for slip in slips:
        question = re.sub(rf"\b{re.escape(slip.written)}\b", slip.meant, question)
    return question


def edits(a: str, b: str) -> int:
    """How many letters must be put in, left out, changed, or swapped with a neighbour to get from one word to another.

    >>> edits("efect", "effect"), edits("tarrifs", "tariffs"), edits("fo", "of")
    (1, 2, 1)
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        last, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == b[j - 2] and other == a[i - 2]:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
