"""A written sentence and the words it rests on -> signs that it says something else.

In: two texts. Out: `Sign`s: a figure, unit, date or name that is not there, a negation or a degree of certainty that differs, an
opposite, two parties changed round. Each is a rule of its own that a person can follow; none of them knows what is meant.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.alignment import Embed
from assistant.signs.certainty import certainties
from assistant.signs.contrary import contraries, pairs
from assistant.signs.dates import dates
from assistant.signs.figures import figures
from assistant.signs.kinds import Sign
from assistant.signs.naming import unnamed
from assistant.signs.negation import negations
from assistant.signs.roles import other_agent, other_subject, roles
from assistant.signs.wording import plainly


def signs(
    sentence: str, evidence: Sequence[str], nearby: str, *, published: str | None = None, embed: Embed | None = None
) -> list[Sign]:
    """What of `sentence` differs from the words it rests on.

    Args:
        sentence: As written.
        evidence: The windows it rests on, the best first.
        nearby: What may name what those words only point at: the sentences before them, title, publisher.
        published: The document's date, to which its weekdays count.
        embed: Texts to unit rows, for telling whether two nouns name the same thing.
    """
    there = " ".join(evidence)
    plain, plain_there = plainly(sentence), plainly(there)
    return [
        *figures(sentence, there, embed),
        *dates(sentence, there, nearby, published),
        *unnamed(sentence, there, nearby),
        *negations(plain, plain_there, explained=any(pair.made_up for pair in pairs(plain, plain_there))),
        *certainties(plain, plain_there),
        *contraries(plain, plain_there),
        *roles(sentence, there),
        *other_subject(sentence, evidence, nearby),
        *other_agent(sentence, there),
    ]
