"""Turns of phrase -> the plain words that the rules know: `unharmed` is `not harmed`, `has yet to decide` is `does not decide`.

In: a text. Out: the same in other words, for comparing only; both sides of a comparison go through it.
"""

from __future__ import annotations

import re

PLAINER = tuple(
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (r"\bun(?!der|it[esy]|if|io|iqu|iv|veil|leash|fold|earth|til|less|anim)(?=[a-z]{3,}(?:ed|able|ful|own|wn|en)\b|(?:hurt|safe|fair|clear|true|aware|likely|well|fit|certain)\b)", "not "),
        (r"\b(?:have|has|had|is|are) (?:still |yet )to\b", "will"),
        (r"\b(?:have|has|had|did|do|does|is|are|was|were) not yet\b|\bn[o']t yet\b", "will"),
        (r"^(?:Whether |That )?(.{5,80}?) (?:is|are|was|were) left open\b|^(?:Whether |That )?(.{5,80}?) remains? (?:open|unclear|to be seen)\b", r"It is not shown \1\2"),
        (r"\bno longer\b|\bby no means\b|\banything but\b|\bfar from\b|\bnot? at all\b", "not"),
        (r"\b(?:not?)\b(?=[^.;,]{0,60}\b(?:before|until|till)\b)", ""),
        (r"\blos[te]\w* (?:his|her|their|its) (?:own )?li(?:fe|ves)\b", "died"),
        (r"\bend(?:ed|s)? up\b", ""),
        (r"\b(?:have|has|had|with) (?:\w+ )?(?:days?|weeks?|months?|years?|time|the (?:right|chance|option|opportunity|choice)) to\b", "may"),
        (r"\b(?:br(?:ing|ought)|mov(?:e|ed|es)|pull(?:ed|s)?)\b(?=[^.;,]{0,50}\bforward\b)", "hastened"),
        (r"\b(?:put|push(?:ed|es)?|mov(?:e|ed|es)|set)\b(?=[^.;,]{0,50}\bback (?:to|until|by)\b)", "postponed"),
        (r"\bturn(?:ed|s)?\b(?= (?:[\w-]+ ){1,6}down\b)", "rejected"),
        (r"\bvot(?:e|ed|es) down\b|\bturn(?:ed|s)? down\b|\bthrew out\b|\bthrown out\b", "rejected"),
        (r"\bvot(?:e|ed|es) (?:in favour of|for)\b", "approved"),
        (r"\bcall(?:ed|s)? off\b", "cancelled"),
        (r"\bmade (?:it|their way|its way) to\b", "reached"),
        (r"\bin (?:line|accordance|keeping) with\b|\bwith the (?:blessing|backing|approval) of\b", "supporting"),
        (r"\b(?:gave|give|gives|giving) up\b", "abandoned"),
        (r"\bput(?:s|ting)? an end to\b", "ended"),
        (r"\bset(?:s|ting)? up\b", "founded"),
        (r"\btook over\b|\btakes? over\b|\btaken over\b", "acquired"),
        (r"\btook part\b|\btakes? part\b", "participated"),
        (r"\bstood at\b|\bstands at\b", "was"),
    )
)
RELATIVE = re.compile(r", ((?:who|which|whose|where|(?:on|for|to|of|in) (?:which|whom))\b[^,;.]*),(?= )")


def plainly(text: str) -> str:
    """`text` in the rules' words, with relative clauses moved behind what they interrupt.

    >>> plainly("None of the guests, who came by boat, was unhappy.")
    'None of the guests was unhappy.; who came by boat'
    """
    for pattern, plain in PLAINER:
        text = pattern.sub(plain, text)
    moved = RELATIVE.findall(text)
    return "; ".join([RELATIVE.sub("", text), *moved]) if moved else text
