"""Question -> what it asks about: its words, how telling each is, the names and years among them, what kind of answer it wants."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence, Set

from assistant.questions import asked_currency, asked_years, counted, subject, wants
from assistant.values import NAME, TITLES, names
from assistant.words import STOPWORDS, WORD, alike, plain, query_words, stem, stems

SYNONYM_COUNTS = 0.8
MOST_OF_A_COMMON_WORD = 0.6
"""A word that is no name and stands nowhere in the sources may still be said otherwise there; an unknown name is not."""
SPELLED_OUT = re.compile(r"\bUnited States(?: of America)?\b|\bU\.S\.(?:A\.)?|\bUSA\b")


class Question:
    """A question taken apart once: its stems, how telling each is, what it wants."""

    def __init__(self, text: str, frequency: Callable[[Sequence[str]], Mapping[str, int]], n_passages: int) -> None:
        self.text = text
        self.wants = wants(text)
        text = SPELLED_OUT.sub("US", text)
        self.names = _named(text)
        self.counted = frozenset(stem(word) for word in counted(text))
        self.alternatives = tuple(frozenset(stems(name)) for name in alternatives(text))
        self.years = asked_years(text)
        self.currency = asked_currency(text)
        about = subject(text)
        words = [word for word in dict.fromkeys(WORD.findall(plain(about))) if word not in STOPWORDS] or query_words(about)
        counts = frequency(words)
        self._same_name = _parts_of_names(text)
        self.weights: dict[str, float] = {}
        for word in words:
            weight = rarity(counts.get(word, 0), n_passages)
            for part in stems(word):
                most = 1.0 if part in self.names else MOST_OF_A_COMMON_WORD
                self.weights[part] = max(min(weight, most), self.weights.get(part, 0.0))
        for name in set(self._same_name.values()):
            heaviest = max((self.weights.get(part, 0.0) for part in name), default=0.0)
            self.weights.update((part, heaviest / len(name)) for part in name if part in self.weights)
        self.has_unknown_name = any(
            counts.get(word, 1) == 0 and any(part in self.names and not alike(part) for part in stems(word))
            for word in words
        )
        self.sequence = [stem(word) for word in WORD.findall(plain(text)) if word not in STOPWORDS]

    def coverage(self, words: Set[str], among: set[str] | None = None) -> float:
        """Share of the weight of the question's words (or of those `among`) that `words` hold; 1 where it has none.

        A word that may stand for one of the question's counts SYNONYM_COUNTS of it.
        """
        weights = {w: v for w, v in self.weights.items() if among is None or w in among}
        total = sum(weights.values())
        held = sum(v * self._held(w, words) for w, v in weights.items())
        return held / total if total else 1.0

    def _held(self, word: str, words: Set[str]) -> float:
        """How far `words` hold a word of the question; any part of a full name stands for the name."""
        if word in words or self._same_name.get(word, frozenset()) & words:
            return 1.0
        return SYNONYM_COUNTS if alike(word) & words else 0.0


def rarity(count: int, n_passages: int) -> float:
    """How telling a word is that stands in `count` of `n_passages`: from about 0.2 (everywhere) to 1 (nowhere)."""
    n = max(n_passages, 1)
    return min(1.0, math.log(1 + n / (count + 0.5)) / math.log(1 + 2 * n)) if n > 1 else 1.0


EITHER_OR = re.compile(rf"(?P<one>{NAME.pattern}),? or (?:(?:to|in|on|at|by|of|from|for|with|against|under|the) )*(?P<other>{NAME.pattern})")


def alternatives(text: str) -> tuple[str, ...]:
    """The names of `to China or to President Lund`, between which a question asks to choose, without titles; none in any other question."""
    match = EITHER_OR.search(text)
    if not match:
        return ()
    one, other = match.group("one", "other")
    bare = _untitled(one), _untitled(other)
    return bare if bare[0] != bare[1] else (one, other)  # South Korea, North Korea


def _untitled(name: str) -> str:
    """`Did President Lund` without its title and what opens the question; a title alone, as it is."""
    words = name.split()
    while len(words) > 1 and (words[0].strip(".").lower() in TITLES or words[0].lower() in STOPWORDS):
        words.pop(0)
    return " ".join(words)


def _named(text: str) -> frozenset[str]:
    """Stems of names and figures of a question: what an answer must be about, not merely near."""
    named = re.findall(r"(?<!^)(?<![.?!] )\b(?:[A-Z][\w.’'-]*|\d[\d.,]*)", text)
    return frozenset(part for word in named for part in stems(word))


def _parts_of_names(text: str) -> dict[str, frozenset[str]]:
    """For each stem of a name of several words, the stems of the whole: `Han` for `Han Duck-soo`. It weighs as one word."""
    found = [frozenset(stems(name.text)) for name in names(text)]
    return {part: name for name in found if len(name) > 1 for part in name}
