"""Texts -> words and stems: what lexical search and the offline answerer compare. English; other languages pass unstemmed."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

STOPWORDS = frozenset(
    """a about after all also am an and any are as at be because been before being between but by can could did do does doing
    down during each few for from further had has have having he her here hers him his how i if in into is it its itself just
    me more most my no nor not of off on once only or other our out over own s same she should so some such t than that
    the their them then there these they this those through to too under until up very was we were what when where which while
    who whom whose why will with would you your anything something everything nothing anyone someone somebody anybody ever else many much
    say says said saying tell tells told please""".split()
)
WORD = re.compile(r"\w+(?:[.,]\d+)*")
DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
UNITED = re.compile(r"\bunited (states|kingdom)(?: of america)?\b")
COMBINING = re.compile("[\u0300-\u036f]")

_local = threading.local()


def query_words(query: str) -> list[str]:
    """The words of a query worth looking up, lower-cased, each once, in order; all of them if none is."""
    words = dict.fromkeys(re.findall(r"\w+", query.lower()))
    return [word for word in words if word not in STOPWORDS] or list(words)


def stems(text: str) -> list[str]:
    """Stems of the words of `text` that are no stopwords, in order.

    >>> stems("The delegations were led by ministers")
    ['deleg', 'lead', 'minist']
    """
    return [stem(word) for word in WORD.findall(plain(text)) if word not in STOPWORDS]


def plain(text: str) -> str:
    """Lower case, without accents, possessives and dots inside abbreviations: `U.S.` is `us`."""
    text = text.lower().replace("’", "'")
    if not text.isascii():
        text = COMBINING.sub("", unicodedata.normalize("NFKD", text))
    text = DOTTED.sub(lambda match: match[0].replace(".", ""), text)
    text = UNITED.sub(lambda match: "us" if match[1] == "states" else "britain", text)
    return text.replace("'s ", " ").removesuffix("'s")


IRREGULAR = {
    "led": "lead", "said": "say", "says": "say", "told": "tell", "won": "win", "paid": "pay", "held": "hold", "met": "meet",
    "made": "make", "gave": "give", "given": "give", "took": "take", "taken": "take", "went": "go", "gone": "go", "rose": "rise",
    "risen": "rise", "fell": "fall", "fallen": "fall", "began": "begin", "begun": "begin", "became": "become", "left": "leave",
    "lost": "lose", "sold": "sell", "bought": "buy", "brought": "bring", "built": "build", "sent": "send", "spent": "spend",
    "spoke": "speak", "spoken": "speak", "wrote": "write", "written": "write", "chose": "choose", "chosen": "choose", "grew": "grow",
    "grown": "grow", "growth": "grow", "knew": "know", "known": "know", "saw": "see", "seen": "see", "ran": "run", "came": "come", "died": "die",
    "death": "die", "deaths": "die", "dead": "die", "children": "child", "men": "man", "women": "woman", "people": "person",
    "globalisation": "globalization", "tariffs": "tariff", "america": "us", "american": "us", "americans": "us", "usa": "us",
    "korean": "korea", "koreans": "korea", "chinese": "china", "japanese": "japan", "vietnamese": "vietnam", "german": "germany",
    "british": "britain", "uk": "britain", "french": "france", "russian": "russia", "russians": "russia", "ukrainian": "ukraine",
    "israeli": "israel", "indian": "india", "mexican": "mexico", "canadian": "canada", "australian": "australia", "eu": "europe",
    "european": "europe", "italian": "italy", "spanish": "spain", "turkish": "turkey", "iranian": "iran", "iraqi": "iraq",
    "brazilian": "brazil", "swiss": "switzerland", "dutch": "netherlands", "polish": "poland", "swedish": "sweden", "greek": "greece",
}  # fmt: skip
"""Forms a stemmer cannot bring together: irregular verbs, plurals, and people with their countries."""


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of one lower-case word, British spelling made American first."""
    word = IRREGULAR.get(word, word)
    word = re.sub(r"is(e|ed|es|ing|ation|ations)$", r"iz\1", word) if len(word) > 6 else word
    return str(_stemmer().stemWord(word))


def _stemmer() -> Any:
    """One a thread: it keeps state."""
    if not hasattr(_local, "stemmer"):
        import Stemmer

        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer


SYNONYMS = tuple(
    group.split()
    for group in (
        "gap deficit surplus imbalance shortfall", "troop soldier force serviceman", "car automobile auto vehicle carmaker automaker",
        "levy tariff duty tax", "poll election vote ballot voter", "firm company business corporation", "lead head chair run command spearhead",
        "talk negotiation discussion conversation dialogue meeting", "deal agreement pact accord treaty", "call conversation phone telephone",
        "boss chief leader head", "premier minister", "remove oust dismiss fire sack topple", "kill die fatal casualty slain victim",
        "hurt injure wound", "attack assault strike raid", "war conflict fighting battle", "buy purchase acquire acquisition",
        "sell sale export", "pay cost spend price", "money fund cash financ", "aid help support assist assistance relief", "rise increase grow growth climb jump surge",
        "fall drop decline decrease plunge slump", "large big huge vast", "begin start launch open", "end finish close conclude", "stop halt pause suspend",
        "cut reduce lower slash", "raise lift increase", "say tell state claim note", "call describe label name brand", "argue contend insist",
        "warn caution alert", "criticize condemn slam denounce", "praise hail laud", "accuse blame allege charge", "deny reject refuse dismiss", "agree accept approve endorse",
        "plan intend propose proposal", "law bill legislation act", "court judge tribunal", "police officer cop", "arrest detain custody", "jail prison sentence imprison",
        "doctor physician medic", "illness disease sickness", "student pupil", "school university college", "teacher professor", "film movie", "win victory triumph",
        "beat defeat", "lose loss", "game match", "team squad side", "champion title trophy", "storm hurricane cyclone typhoon", "flood flooding deluge", "fire blaze wildfire",
        "plane aircraft jet flight", "ship vessel boat", "worker employee staff job", "hire recruit employ", "quit resign resignation", "marry wife husband spouse wed",
        "child kid", "home house", "country nation state", "world global", "goods product", "factory plant", "part component", "import inbound", "growth expansion",
        "economy economic", "military defense army", "contribute contribution", "military defence defense", "reply respond response react reaction",
        "retaliate retaliation strike revenge", "worry fear concern alarm", "aim goal objective purpose", "reason cause why because",
        "risk danger threat", "chance opportunity", "picture photo image", "old age aged", "founder found establish", "invent inventor creat", "rich wealthy billionaire",
    )
)  # fmt: skip
"""Groups of everyday news words that stand for one another in a question and its answer."""


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    """Stem -> the stems that may stand for it."""
    found: dict[str, set[str]] = {}
    for group in SYNONYMS:
        group_stems = {stem(word) for word in group}
        for one in group_stems:
            found.setdefault(one, set()).update(group_stems)
    return {one: frozenset(others - {one}) for one, others in found.items()}


def expansions(query: str) -> list[str]:
    """Other words for the words of a query, that it does not itself use.

    >>> expansions("trade gap")
    ['deficit', 'surplus', 'imbalance', 'shortfall']
    """
    words = query_words(query)
    own = {stem(word) for word in words}
    others = [
        word
        for one in dict.fromkeys(stem(word) for word in words)
        for group, group_stems in _groups_in_order()
        if one in group_stems
        for word in group
        if stem(word) not in own
    ]
    return list(dict.fromkeys(others))


@lru_cache(maxsize=1)
def _groups_in_order() -> list[tuple[list[str], frozenset[str]]]:
    return [(group, frozenset(stem(word) for word in group)) for group in SYNONYMS]


def alike(one: str) -> frozenset[str]:
    """Stems that may stand for a stem, itself left out.

    >>> sorted(alike(stem("troops")))
    ['forc', 'serviceman', 'soldier']
    """
    return _groups().get(one, frozenset())
