"""`Who is NAME?` by rule: news articles introduce people by an apposition ("X, the mayor of Y,") or an office ("Finance Minister X").

In: the passages of the training articles. Out: pieces whose answering sentence introduces the person, and passages that only name him or her.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from examples import Piece, piece

from assistant.types import Document, Passage, Span

NAME = r"(?P<name>[A-Z][\w-]+ (?:[A-Z]\.? |(?:de|al|bin|van|von|el) )?[A-Z][\w-]+)\b"
AFTER = re.compile(NAME + r", (?P<is>(?:an?|the|one of|who (?:is|was|heads|leads|runs|serves|chairs|directs)|(?:senior |deputy |vice |executive |managing |associate |former )*(?:head|director|president|professor|chief|founder|co-founder|secretary|spokes\w+|analyst|economist|lawyer|chair\w*|CEO|editor|author)) [^,.;:“”\"]{6,90}?)(?=[,.])")
OFFICE = (
    r"(?:President|Minister|Secretary|Premier|Chancellor|Governor|Gov\.|Senator|Sen\.|Rep\.|Mayor|Judge|Justice|General|Gen\.|Ambassador|Commissioner|Director|"
    r"[Ss]pokes(?:man|woman|person)|CEO|[Cc]hief [Ee]xecutive|[Pp]rofessor|[Aa]nalyst|[Ee]conomist|[Cc]oach|[Ss]inger|[Aa]ctor|[Aa]ctress|[Aa]uthor|[Ll]awyer|[Aa]ttorney|[Ff]ounder|[Cc]hair(?:man|woman)?)"
)  # fmt: skip
BEFORE = re.compile(rf"\b(?P<is>(?:(?:[A-Z][\w’'-]+|prime|foreign|finance|defen[cs]e|deputy|vice|former|senior|chief) ){{0,3}}{OFFICE}) {NAME}")
NOT_A_NAME = re.compile(r"\b(?:The|A|In|On|But|And|University|Court|House|Party|Union|Bank|Street|City|County|Company|Times|News|January|February|March|April|May|June|July|August|September|October|November|December|United|New|North|South|East|West)\b")
NO_OFFICE = re.compile(r"\b(?:said|says|told|according|added|wrote)\b|^(?!who ).*\b(?:is|are|was|were|has|have|had|will|would|found)\b|^(?:President|Senator|Sen\.|Rep\.|Judge|Justice|General|Gen\.)$")
ASKED = ("Who is {}?", "Who is {}?", "who is {}", "What does {} do?", "What is {}'s position?", "Tell me who {} is.", "{} who is that")
OTHERS = 0.5
"""Share of the introduced asked of a passage that only names them too."""


def identities(passages: list[tuple[Document, Passage]], share: float, chance: random.Random) -> Iterator[Piece]:
    """A `share` of the introductions found, each asked for in one of the usual ways."""
    for i, (document, passage) in enumerate(passages):
        for name, told in introductions(passage.text):
            if chance.random() >= share:
                continue
            question = chance.choice(ASKED).format(name)
            yield piece(question, passage.text, [told], "identity", title=document.title, published=document.published)
            if chance.random() < OTHERS and (other := _only_named(name, passages, i, chance)):
                yield piece(question, other[1].text, (), "identity other", title=other[0].title, published=other[0].published)


def introductions(text: str) -> Iterator[tuple[str, Span]]:
    """Names and where the words stand that say who it is."""
    for pattern in (AFTER, BEFORE):
        for match in pattern.finditer(text):
            if not NOT_A_NAME.search(match["name"]) and not NO_OFFICE.search(match["is"]):
                yield match["name"], Span(*match.span("is"))


def _only_named(name: str, passages: list[tuple[Document, Passage]], i: int, chance: random.Random) -> tuple[Document, Passage] | None:
    """A passage of the same article that has the last name and does not introduce anybody of it."""
    last = name.split()[-1]
    document = passages[i][0]
    near = [p for p in passages[max(0, i - 12) : i + 13] if p[0] is document and last in p[1].text]
    bare = [p for p in near if not any(n.split()[-1] == last for n, _ in introductions(p[1].text))]
    return chance.choice(bare) if bare else None
