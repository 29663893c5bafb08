"""Question in small letters -> the same with its names as the passages that were found for it write them.

In: a question and its hits. Out: `who fired Sam Altman` for `who fired sam altman`: what tells a name from a word is its capital.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from assistant.types import Hit
from assistant.words import STOPWORDS

IN_A_SENTENCE = re.compile(r"(?:(?<=[\w,] )|(?<=\())[^\W\d_][\w’'-]*")
"""A word that does not open a sentence, where every word has a capital."""
SMALL = re.compile(r"(?<![\w’'.-])[a-z][\w’'-]*")
POSSESSIVE = re.compile(r"[’']s?$")
ALWAYS = 0.9
"""The share of its occurrences in which a name has its capital; a common word has one in headlines and titles alone."""


def as_written(question: str, hits: Sequence[Hit]) -> str:
    """The question with names in capitals; itself where it has any beyond its first letter, which its writer then meant."""
    if re.search(r"[A-Z]", question.strip()[1:]):
        return question
    spellings = _spellings(hits)

    def swap(match: re.Match[str]) -> str:
        word = POSSESSIVE.sub("", match[0])
        after_article = question[: match.start()].endswith("the ")
        if (word in STOPWORDS or word == "us") and not after_article:
            return match[0]
        return spellings.get(word, word) + match[0][len(word) :]

    return SMALL.sub(swap, question)


def _spellings(hits: Sequence[Hit]) -> dict[str, str]:
    """Words that the passages write with a capital, in small letters -> as they are written most often."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for text in dict.fromkeys(hit.passage.text for hit in hits):
        for match in IN_A_SENTENCE.finditer(text):
            word = POSSESSIVE.sub("", match[0]).replace("’", "'")
            counted[word.lower()][word] += 1
    return {
        small: max(written, key=lambda word: (written[word], word))
        for small, written in counted.items()
        if sum(n for word, n in written.items() if not word[0].islower()) >= ALWAYS * sum(written.values())
    }
