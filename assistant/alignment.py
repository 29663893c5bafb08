"""A written sentence + passages -> the words of a passage that it rests on.

In: a sentence and hits. Out: `Window`s, one or two neighbouring sentences of a passage by their span in the document, with how much
of the written sentence they hold. Found by shared words, stems and words that stand for one another; an encoder breaks near ties.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.cleaning import split_paragraphs
from assistant.sentences import sentences
from assistant.types import Hit, Span
from assistant.values import values
from assistant.words import IRREGULAR, STOPWORDS, alike, plain, stem

if TYPE_CHECKING:
    from assistant.types import Vectors

Embed = Callable[[Sequence[str]], "Vectors"]
"""Texts to unit rows, as an `Encoder` gives them."""

WORD = re.compile(r"United (?:States|Kingdom)(?: of America)?|(?:[^\W\d_]\.){2,}|\w+(?:[.,]\d+)*(?:[’']\w+)?", re.IGNORECASE)
CLAUSE = re.compile(
    r"[;:—–()]|,(?!\d)|[.!?][\"”’]?\s|\b(?:but|while|whereas|although|though|which|because|or|so that|after which|"
    r"and(?= (?:the|its|his|her|their|it|he|she|they|was|were|is|are|has|had|will|would|may|might|could|must|then|that|not|never|no|\w+ed)\b))\b",
    re.IGNORECASE,
)
LIGHT = frozenset(
    stem(word)
    for word in "say tell call add accord note year week month day new country one two first also make take give get go come have be use set put "
    "become include amount report official main big large major total well still yet even already later main about nearly around some".split()
)
"""Words that say little: their absence from a passage is no sign."""
LIGHT_WEIGHT, SYNONYM, KIN, IN_CONTEXT = 0.3, 0.85, 0.9, 0.6
"""What a light word weighs; and what a word counts that stands there as another one, as kin, or only in the rest of the passage."""
SECOND_SENTENCE = 0.06
"""How much more a window of two sentences must hold than one of them alone."""
EMBEDDED = 4
"""Windows compared by vector; each costs about 2 ms."""
COSINE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as it stands, its stem, where it begins, and the number of its clause."""

    text: str
    stem: str
    start: int
    clause: int

    @property
    def tells(self) -> bool:
        """Whether it is neither a small word nor a figure."""
        return self.text not in STOPWORDS and not self.text[0].isdigit()

    @property
    def weight(self) -> float:
        return LIGHT_WEIGHT if self.stem in LIGHT else 1.0


@dataclass(frozen=True, slots=True)
class Window:
    """Words of a passage that a sentence may rest on.

    Attributes:
        span: In the hit's document.
        covered: Share of the sentence's telling words that the window holds, in [0, 1].
        in_context: The same with the rest of the passage and its title counting for less than the window.
        cosine: Of the sentence and the window, in [-1, 1]; 0 where no encoder was given.
    """

    hit: Hit
    span: Span
    covered: float
    in_context: float
    cosine: float = 0.0

    @property
    def text(self) -> str:
        return self.hit.document.text[self.span.start : self.span.end]

    @property
    def score(self) -> float:
        return self.covered + 0.5 * self.in_context + COSINE_WEIGHT * self.cosine


@lru_cache(maxsize=4_000)
def words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order, with their clauses.

    >>> [word.stem for word in words("The U.S. tariffs were cut")]
    ['the', 'us', 'tariff', 'were', 'cut']
    """
    cuts = [match.start() for match in CLAUSE.finditer(text)]
    found = []
    for match in WORD.finditer(text):
        bare = plain(match[0]).replace("'s", "")
        clause = sum(cut <= match.start() for cut in cuts)
        found.append(Word(bare, stem(_known_form(bare)), match.start(), clause))
    return tuple(found)


def _known_form(word: str) -> str:
    """`sued` as `sue`, `germans` as `german`: forms that the stemmer does not bring to their like."""
    if word.endswith("ued") or (word.endswith("s") and word not in IRREGULAR and word[:-1] in IRREGULAR):
        return word[:-1]
    return word


def held(word: str, there: Set[str]) -> float:
    """How far `there`, stems, hold the stem `word`: 1 as itself, less as a word that may stand for it."""
    if word in there:
        return 1.0
    if (alike(word) | _paraphrases().get(word, NONE)) & there:
        return SYNONYM
    return KIN if any(_kin(word, other) for other in there) else 0.0


NONE: frozenset[str] = frozenset()
PARAPHRASES = tuple(
    group.split()
    for group in (
        "back support endorse favour", "passenger traveller commuter", "wind gust gale", "deliver hand supply", "wait stuck strand", "overnight night", "expect forecast predict anticipate",
        "finance pay fund", "painting picture artwork", "find recover discover", "return give", "carry take bring", "shut close", "cancel scrap abandon", "cost price", "annual annually yearly year",
        "daily day", "monthly month", "weekly week", "large big major", "slight somewhat little", "destroy burn ruin wreck", "lorry truck", "town city", "house building home", "turnover revenue sale",
        "profit earnings income profitable", "chief main principal key", "choose pick select", "allow let permit", "try seek attempt", "suspend hold pause shelve", "wish want desire", "speak talk chat",
        "exempt spare", "soften ease", "sign conclude seal", "total sum", "think believe consider regard", "worry concern fear", "place site spot", "visit trip journey", "build construct make produce manufacture",
        "show demonstrate reveal display", "use employ", "need require must", "rely depend", "damage harm hurt", "protect guard shield", "test trial", "stake share", "yard shipyard", "reject turn-down refuse",
        "part portion share", "rival competitor", "decide resolve rule", "quick fast rapid", "tell inform", "hit affect strike", "leave depart", "remain stay", "live reside", "study research survey", "pupil student schoolchild",
        "scientist researcher", "illness disease", "medicine drug", "border frontier", "flat apartment", "petrol fuel gasoline", "train rail railway", "rise climb go", "fall go", "point note", "complain cite criticise", "complete finish over end",
        "get obtain receive", "mean intend plan", "approve approval pass", "publish release issue", "head lead", "derail rail", "sale sell", "advice advise", "fine penalty pay", "acquit clear", "wear mask", "propose suggest put",
        "launch lift", "retreat draw", "measure step", "priority top", "cause reason blame", "unchanged stay", "shareholder share", "count number", "free release let", "question interrogate", "gift present", "happy satisfied glad",
        "cease-fire truce", "flood inundation", "shoot fire", "guess estimate", "huge enormous", "near close", "mayor council", "minister ministry", "government state authority official", "quarter fourth", "twice double", "half halve", "award prize",
        "novel book", "hit strike ram crash collide run", "die death dead decease", "birth bear born", "enough sufficient adequate", "accuse complaint complain charge", "invite ask", "owe pay", "infant baby child", "loot plunder ransack", "operation operate start run", "opponent rival", "boss owner", "recruit hire", "insect bee", "recognise know identify", "blame attribute", "breakdown failure outage", "hacker cyberattack", "verdict ruling judgment", "charge accusation allegation", "challenge contest appeal dispute", "rescue evacuate save", "author writer", "music song", "film movie", "sue court lawsuit", "ban prohibit forbid", "own belong possess", "vehicle car", "soil territory", "station base presence",
    )
)  # fmt: skip
"""Words of reports that retell one another, beside those that stand for one another in a question and its answer."""


@lru_cache(maxsize=1)
def _paraphrases() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in PARAPHRASES:
        group_stems = {stem(word) for word in group}
        for one in group_stems:
            found.setdefault(one, set()).update(group_stems)
    return {one: frozenset(others) for one, others in found.items()}


@lru_cache(maxsize=100_000)
def _kin(one: str, other: str) -> bool:
    """Whether two stems are of one family: `negoti` and `negotiat`, `protect` and `protectionist`."""
    shorter, longer = sorted((one.removeprefix("re"), other.removeprefix("re")), key=len)
    if shorter == longer and len(shorter) >= 4:
        return True
    return len(shorter) >= 5 and longer.startswith(shorter[: max(5, len(shorter) - 1)]) and len(longer) - len(shorter) <= 5


def coverage(sentence: Sequence[Word], there: Set[str], context: Set[str] = frozenset()) -> float:
    """Share of the weight of the telling words of `sentence` that the stems `there` hold; those in `context` count IN_CONTEXT."""
    telling = [word for word in sentence if word.tells]
    total = sum(word.weight for word in telling)
    if not total:
        return 1.0
    return sum(word.weight * max(held(word.stem, there), IN_CONTEXT * held(word.stem, context)) for word in telling) / total


def stems_of(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(text))


def windows(sentence: str, hit: Hit) -> list[Window]:
    """All windows of a hit's passage, in order: each sentence alone, and each with its neighbour in the same paragraph."""
    text = hit.document.text
    own = words(sentence)
    context = stems_of(hit.passage.text) | stems_of(hit.document.title or "")
    found = []
    for paragraph in split_paragraphs(text, Span(hit.passage.start, hit.passage.end)):
        spans = sentences(text, paragraph)
        pairs = [Span(a.start, b.end) for a, b in pairwise(spans)]
        for span in (*spans, *pairs):
            there = stems_of(text[span.start : span.end])
            covered = coverage(own, there) - (SECOND_SENTENCE if span in pairs else 0.0)
            found.append(Window(hit, span, max(0.0, covered), coverage(own, there, context)))
    return found


def align(sentence: str, hit: Hit, embed: Embed | None = None) -> Window | None:
    """The window of a hit that holds most of `sentence`; None where the passage has no sentence."""
    found = ranked(sentence, [hit], embed)
    return found[0] if found else None


def ranked(sentence: str, hits: Sequence[Hit], embed: Embed | None = None) -> list[Window]:
    """The windows of several hits, best first. Those that hold the sentence's figures come before those that do not."""
    figures = {value.text for value in values(sentence)}
    found = [window for hit in hits for window in windows(sentence, hit)]

    def order(window: Window) -> tuple[float, str, Span]:
        text = window.text
        share = sum(figure in text for figure in figures) / len(figures) if figures else 0.0
        return (-(window.score + 0.3 * share), window.hit.passage.id, window.span)

    found.sort(key=order)
    if embed is None or not found:
        return found
    vectors = embed([sentence, *(window.text for window in found[:EMBEDDED])])
    near = [replace(window, cosine=round(float(v @ vectors[0]), 6)) for window, v in zip(found, vectors[1:], strict=False)]
    return [*sorted(near, key=order), *found[EMBEDDED:]]
