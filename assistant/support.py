"""A written sentence + the passages it cites -> whether they bear it out, and the very words that do.

In: a sentence and hits. Out: `Checked`: a label, the words of a passage that the sentence rests on, and what speaks against it. By
rules: shared words, figures, units, dates, names, negation, certainty, opposites, and nearness by vector; and by a judge, where there is
one, who passes what only lacks shared words, and doubts what passes. It can be wrong both ways; on WiCE and on claims of our own
`eval/tune_support.py` says how often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.alignment import Embed, Window, coverage, held, ranked, stems_of, words
from assistant.judging import Judge
from assistant.orders import gives_orders, holds_link
from assistant.signs import signs
from assistant.signs.kinds import Sign, What
from assistant.signs.naming import initials, proper, resolved, stands
from assistant.types import Hit, Span, Support
from assistant.values import values
from assistant.words import plain, stem

CONTEXT_CHARS = 700
"""How far before its words a passage may name what they only point at."""
LEAST, ENOUGH = 0.6, 0.87
"""Of `Window.score`: below the first a sentence is not borne out at all, from the second it is, if no sign speaks against it."""
SHORT_WORDS, MORE_FOR_SHORT = 3, 0.28
"""A sentence of so few telling words must be held that much better: one word more or less is all that it says."""
CONTRARY = frozenset({What.NEGATION, What.OPPOSITE, What.ROLES, What.ORDER})
"""Signs that the passage says the contrary, and not only that it does not say so."""
SAYS_LITTLE, SAYS_OTHER = "the passage says little of it", "the passage does not seem to say this"
PLAIN = frozenset({What.NEGATION, What.OPPOSITE, What.FIGURE, What.ORDER, What.LINK})
"""Signs that no judge outweighs: a rule sees them well, or the sentence may say what stands there, and should not."""
BORNE_OUT, DOUBTED = 0.3, -2.0
"""Log odds of the judge: from the first a sentence passes that no plain sign speaks against, below the second it does not whatever the rules
say. Set on the claims of `eval/reader/claims/dev.jsonl`, which neither had met, and on three sets that the rules were made on."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a sentence.

    Attributes:
        windows: The words it rests on, best first: one stretch, or two where it draws together what stands apart; none where no passage
            was given.
        reasons: What speaks against it, in words; empty where it is supported.
        score: How much of it the words hold; see LEAST and ENOUGH.
        against: What differs, as far as rules see; a judge may outweigh it.
        odds: Log odds that they bear it out, by the judge; None without one.
    """

    support: Support
    windows: tuple[Window, ...]
    reasons: tuple[str, ...]
    score: float
    against: frozenset[What] = frozenset()
    odds: float | None = None

    @property
    def contradicted(self) -> bool:
        """The words say the contrary, as far as a rule can see."""
        return self.support is not Support.SUPPORTED and bool(self.against & CONTRARY)

    @property
    def window(self) -> Window | None:
        return self.windows[0] if self.windows else None

    @property
    def span(self) -> Span | None:
        """Of the words it rests on, in the document of `window.hit`."""
        return self.windows[0].span if self.windows else None


def check(sentence: str, passages: Sequence[Hit], *, embed: Embed | None = None, judge: Judge | None = None) -> Checked:
    """Hold one sentence to the passages that it cites.

    Args:
        sentence: Without its citation numbers.
        passages: What it cites.
        embed: Texts to unit rows; without it nearness is not weighed.
        judge: Without it rules alone decide.
    """
    found = ranked(sentence, passages, embed)
    if not found or not any(word.tells for word in words(sentence)):
        return Checked(Support.UNSUPPORTED, (), ("no passage bears it out",), 0.0)
    alone = _ruled(sentence, found[:1], embed)
    more = _more(sentence, found) if not alone.contradicted or What.NEGATION in alone.against else []
    together = _ruled(sentence, [found[0], *more], embed) if more else alone
    told = together if together.support is Support.SUPPORTED or (together.contradicted and not alone.contradicted) else alone
    if judge is None:
        return told
    odds = judge(sentence, alone.windows)
    return _judged(told, max(odds, judge(sentence, together.windows)) if more else odds)


def _ruled(sentence: str, windows: Sequence[Window], embed: Embed | None) -> Checked:
    best = windows[0]
    against = signs(sentence, [resolved(w.text, _before(w)) for w in windows], _nearby(windows), published=best.hit.document.published, embed=embed)
    against += _distrusted(sentence, windows)
    score = _score(sentence, windows)
    if sum(word.tells for word in words(sentence)) <= SHORT_WORDS and score < ENOUGH + MORE_FOR_SHORT:
        score -= MORE_FOR_SHORT
    reasons = tuple(dict.fromkeys(sign.words for sign in against))
    if score < ENOUGH:
        reasons = (*reasons, SAYS_LITTLE)
    return Checked(_label(against, score), tuple(windows), reasons, score, frozenset(sign.what for sign in against))


def _judged(told: Checked, odds: float) -> Checked:
    """What the rules say, unless the judge is of another mind and they do not see it plainly."""
    judged = replace(told, odds=odds)
    if told.support is not Support.SUPPORTED and odds >= BORNE_OUT and not told.against & PLAIN:
        return replace(judged, support=Support.SUPPORTED, reasons=())
    if told.support is Support.SUPPORTED and odds < DOUBTED:
        return replace(judged, support=Support.PARTLY, reasons=(SAYS_OTHER,))
    return judged


def _distrusted(sentence: str, windows: Sequence[Window]) -> list[Sign]:
    """What makes a sentence doubtful whatever it says: it rests on an order to the reader, or carries a link."""
    found = [Sign(What.LINK, "it carries a link or markup")] if holds_link(sentence) else []
    if any(gives_orders(_paragraph(window)) for window in windows):
        found.append(Sign(What.ORDER, "what stands there is an order to the reader"))
    return found


def _paragraph(window: Window) -> str:
    """The lines that the window stands in."""
    text = window.hit.document.text
    start, end = text.rfind("\n", 0, window.span.start) + 1, text.find("\n", window.span.end)
    return text[start : end if end >= 0 else len(text)]


def _label(against: Sequence[Sign], score: float) -> Support:
    if not against and score >= ENOUGH:
        return Support.SUPPORTED
    if score < LEAST or len(against) > 1 or any(sign.what in CONTRARY for sign in against):
        return Support.UNSUPPORTED
    return Support.PARTLY


def _score(sentence: str, windows: Sequence[Window]) -> float:
    """Of the windows together: see `Window.score`."""
    best = windows[0]
    if len(windows) == 1:
        return best.score
    covered = coverage(words(sentence), frozenset().union(*(stems_of(window.text) for window in windows)))
    return replace(best, covered=max(best.covered, covered), in_context=max(best.in_context, covered)).score


def _more(sentence: str, found: Sequence[Window]) -> list[Window]:
    """Other windows, at most MAX_MORE, each of which holds what those before it lack: a figure, a name, or enough of the other words."""
    first = found[0]
    subject = next(iter(proper(sentence)), None)
    known = _nearby([first])[-CONTEXT_CHARS:] + first.text
    if subject and sentence.startswith(subject) and not stands(stem(plain(subject.split()[-1])), stems_of(known), known):
        return []
    wanted = {word.stem: word.weight for word in words(sentence) if word.tells}
    wanted |= {value.text.lower(): 1.0 for value in values(sentence)}
    holds = [(window, _held_of(wanted, window.text)) for window in found[:MAX_LOOKED_AT]]
    there, chosen = set(holds[0][1]), [first]
    while len(chosen) <= MAX_MORE:
        gains = [
            (sum(wanted[part] for part in parts - there), -n)
            for n, (window, parts) in enumerate(holds)
            if sum(wanted[part] for part in parts) >= LEAST_HELD and not any(_overlap(window, other) for other in chosen)
        ]
        gain, n = max(gains, default=(0.0, 0))
        if gain < LEAST_GAIN:
            break
        chosen.append(holds[-n][0])
        there |= holds[-n][1]
    return chosen[1:]


def _held_of(wanted: Mapping[str, float], text: str) -> set[str]:
    """Which of the stems and figures `wanted` a text holds, a name also by its initials."""
    stems, lower = stems_of(text), text.lower()
    short = initials(lower)
    return {part for part in wanted if part in lower or part in short or held(part, stems)}


def _overlap(one: Window, other: Window) -> bool:
    return one.hit is other.hit and one.span.overlaps(other.span)


MAX_MORE, MAX_LOOKED_AT = 3, 60
LEAST_GAIN, LEAST_HELD = 1.0, 1.5
"""Of words and figures that a window adds, and of those it holds at all, a telling one counting 1: a name alone may be of something else."""


def _nearby(windows: Sequence[Window]) -> str:
    parts = []
    for window in windows:
        document = window.hit.document
        parts += [document.title or "", document.publisher or ""]
        parts.append(_before(window))
    return " . ".join(parts)


def _before(window: Window) -> str:
    """What the document says just before, from a paragraph's beginning."""
    text = window.hit.document.text[max(0, window.span.start - CONTEXT_CHARS) : window.span.start]
    return text.partition("\n")[2] if len(text) == CONTEXT_CHARS else text
