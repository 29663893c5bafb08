"""Words that turn a sentence round: opposites, negations, degrees of certainty. English; by stem.

In: a word. Out: the words that say the contrary, and those that say the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from assistant.alignment import Word
from assistant.words import stem

PAIRS = """
confirm acknowledge admit affirm concede | deny refute dispute reject dismiss contradict
rise increase grow growth climb jump surge gain up upward soar add higher expand dearer accelerate quicken swell mount | fall drop decline decrease plunge slump down downward shrink lose lower reduce cut slash dip sink tumble shrank shrunk sank cheaper slip ease slow shed
raise lift increase hike | cut lower reduce slash trim
profit surplus profitable | loss deficit
thicken widen broaden lengthen extend prolong | thin narrow shorten curtail
win won victory triumph | lose loss defeat
accept approve agree endorse back support welcome favour adopt ratify pass | reject refuse oppose veto block turn-down resist vote-down
advise advised recommend urge propose | oppose discourage forbid
start begin open launch commence reopen resume | end finish close stop halt suspend conclude cease shut
continue stand remain persist hold stay keep | end stop cease lapse collapse finish
buy purchase acquire bought | sell sold sells selling divest
export | import
before earlier ahead prior precede | after later following since follow behind overdue
before | when
cover apply | exempt
leave keep stay remain stable steady | touch change alter vary
answer reply respond heed | ignore
preserve keep save | lose lost
admit concede acknowledge accept | dispute contest deny reject challenge
consider weigh examine ponder contemplate mull explore | decide resolve settle determine
postpone delay defer | hasten expedite advance
support supporting | against oppose despite
remember recall | forget forgot forgotten
permit allow | withhold refuse
obey follow comply | defy flout breach violate break
reveal disclose publish | conceal hide withhold cover-up
attend participate | boycott skip miss
accelerate hasten quicken | slow brake delay
abandon drop scrap | keep retain continue pursue
join | leave quit
trust | distrust mistrust
agree | disagree
better | worse
best | worst
inside within | outside beyond
above over | below under beneath
dry | wet flooded
innocent innocence | guilty guilt
prosecution prosecutor | defence defense
arrival | departure
more bigger larger greater higher | less fewer smaller lower
older above | younger below under
most highest maximum largest biggest best top | least lowest minimum smallest worst
first | last
high big large strong rich long fast hot wide heavy | low small weak poor short slow cold narrow light
ally friend partner | rival enemy opponent foe
acquit clear exonerate innocent | convict guilty condemn
arrive enter join come | leave depart quit withdraw exit
hire appoint install reinstate elect employ restore | fire sack dismiss remove oust depose topple lay-off
include with | exclude without
legal lawful | illegal unlawful
success succeed successful | fail failure unsuccessful
safe secure harmless safer | dangerous unsafe risky harmful
survive alive live | die dead kill death
male man men boy husband father son he | female woman women girl wife mother daughter she
north northern | south southern
east eastern | west western
public | private
allow permit authorise legalise | ban prohibit forbid bar outlaw prevent
compulsory mandatory obligatory required | optional voluntary
lend | borrow
majority | minority
praise commend hail laud applaud | criticise condemn slam denounce attack blame
early | late
temporary temporarily | permanent permanently
easy easier ease ease loosen relax | hard harder difficult tighten
cheap cheaper | expensive dear dearer
always | never
domestic local | foreign abroad
optimistic hopeful confident | pessimistic doubtful gloomy
save rescue preserve | destroy ruin
create build found establish | destroy demolish dissolve abolish
release free | arrest detain jail imprison capture
improve better recover | worsen worse deteriorate
advance | retreat retreated recede draw-back
fair just | unfair unjust
normal usual ordinary | abnormal unusual extraordinary
likely probable | unlikely improbable
possible | impossible
able | unable
towards toward | away
sign agree | cancel terminate revoke break
open | closed shut close
full | empty
peace | war
strengthen | weaken
cause | prevent
hope | fear
young new | old
present | absent
married | divorced
import | export
tie unite together | split separate apart
rich | poor
warm | cool
increase | ease
"""
"""One pair of sides a line. A word may be in several."""


class Against(NamedTuple):
    """What says the contrary of a word, and what says the same: stems and plain forms."""

    words: frozenset[str]
    same: frozenset[str]


NONE = Against(frozenset(), frozenset())


@lru_cache(maxsize=1)
def _sides() -> dict[str, Against]:
    found: dict[str, Against] = {}
    for line in PAIRS.strip().splitlines():
        left, right = ({form for word in side.split() for form in (stem(word),)} for side in line.split("|"))
        for own, other in ((left, right), (right, left)):
            for word in own:
                known = found.get(word, NONE)
                found[word] = Against(known.words | (other - own), known.same | own)
    return {word: Against(against.words - against.same, against.same) for word, against in found.items()}


def opposites(word: Word) -> Against:
    """The contrary of a word, and its like; nothing for a word that has none."""
    return _sides().get(word.stem, NONE)


NEGATORS = frozenset(
    """no not never none nobody nothing neither nor without cannot cant hardly barely scarcely rather nowhere""".split()
) | frozenset(stem(word) for word in "lack doubt".split())
"""Words that turn round what follows them."""
DENYING = frozenset(stem(word) for word in "refuse decline deny fail reject prevent dispute".split())
"""Verbs that do so before another verb or a clause: `refused to sign`, but not `refused the offer`, to which `accepted` is opposite."""
NEGATING_PHRASES = frozenset({("turned", "down"), ("turn", "down"), ("ruled", "out"), ("rule", "out"), ("rules", "out"), ("called", "off"), ("far", "from")})

CERTAINTY = {
    **dict.fromkeys("may might could possible possibly perhaps potentially maybe can".split(), "possible"),
    **dict.fromkeys("expected expect expects likely probably probable hope hopes hoped forecast predicted supposed".split(), "expected"),
    **dict.fromkeys("plan plans planned intends intend intended proposed proposes aims wants want wanted due promised pledged scheduled set is are was were".split(), "planned"),
    **dict.fromkeys("will shall would going".split(), "certain"),
    **dict.fromkeys("must need needs obliged required should has have had".split(), "needed"),
}
"""How certain a word makes the verb after it."""
STANDS_ALONE = frozenset("may might could possibly perhaps potentially maybe can likely probably will shall would must should".split())
"""Those that do so without a `to` after them."""

DOUBTED = re.compile(r"\b(?:claim(?:s|ed|ing)?|alleged(?:ly)?|alleges|purported(?:ly)?|rumou?red|reportedly|suspect(?:s|ed)?|accus\w+)\b", re.I)
SPEECH = re.compile(
    r"\b(?:said|says|saying|told|tells|according|claim\w*|alleg\w*|argu\w*|stat(?:es|ed)|wrote|call(?:s|ed)|insist\w*|maintain\w*|reported(?:ly)?|think\w*|thought|believ\w*|"
    r"thinks|sees|pointed|accus\w*|suspect\w*|describ\w*|view\w*|opinion)\b",
    re.I,
)
