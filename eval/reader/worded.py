"""Questions as people type them: with a letter wrong, without the small words, after a line of talk. By rule, for training alone."""

from __future__ import annotations

import random
import re

from assistant.words import STOPWORDS

TYPO, TERSE, OPENED = 0.08, 0.08, 0.04
"""Shares of the questions changed so."""
OPENINGS = (
    "Quick question:", "One thing before we print:", "I need to check something:", "For my story:", "Please tell me,", "hi,", "Do the articles say",
    "Can you find out", "I was wondering", "Help me here:",
)  # fmt: skip
SMALL = STOPWORDS - {"who", "what", "which", "when", "where", "why", "how", "no", "not", "before", "after", "from", "to", "by"}


def as_typed(question: str, chance: random.Random) -> str:
    """The question, or now and then one that asks the same less carefully."""
    draw = chance.random()
    if draw < TYPO:
        return mistyped(question, chance)
    if draw < TYPO + TERSE:
        return terse(question)
    if draw < TYPO + TERSE + OPENED:
        return f"{chance.choice(OPENINGS)} {question[:1].lower()}{question[1:]}"
    return question


def mistyped(question: str, chance: random.Random) -> str:
    """One letter of one longer word left out, doubled, or changed with its neighbour."""
    words = list(re.finditer(r"[^\W\d_]{5,}", question))
    if not words:
        return question
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    a, b = question[at], question[at + 1]
    return question[:at] + chance.choice((b, a + a + b, b + a)) + question[at + 2 :]


def terse(question: str) -> str:
    """Without the small words: `troops in Korea how many` and the like; as it was where little is left."""
    kept = [word for word in question.rstrip(" ?").split() if word.lower() not in SMALL]
    return " ".join(kept) if len(kept) >= 3 else question
