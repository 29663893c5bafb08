"""Question -> what kind of answer it asks for. Rules over the English question words; a question of no kind is a plain one.

In: a question that stands alone. Out: whether it is small talk, broad, or wants a fact, and of what kind.
"""

from __future__ import annotations

import re
from enum import StrEnum

from assistant.values import CURRENCY_WORDS, MONTH

SMALL_TALK = re.compile(
    r"(?:(?:hi|hello|hey|hiya|yo|greetings|good (?:morning|afternoon|evening|day|night)|thanks?(?: you)?(?: (?:so|very) much| a lot)?|cheers|"
    r"bye|goodbye|see you|ok(?:ay)?|great|nice|cool|test|ping|help)\b[\s,!.]*(?:there|all|everyone|assistant|for (?:your|the) help|again|"
    r"how are you(?: doing)?(?: today)?)?|how are you(?: doing)?(?: today)?|who are you|what are you|what(?:'s| is) your name|"
    r"what can (?:you|i) (?:do|ask|help|help me with)(?: you)?(?: about)?(?: here)?|how (?:do|does|can) (?:you|this|i) (?:work|use this|use you)|what is this|"
    r"are you (?:there|an? (?:ai|robot|bot|human))|tell me a joke|"
    r"(?:are|is) (?:you|that|this|it) (?:really |quite )?(?:sure|certain|true|right|correct|so)(?: (?:of|about) (?:that|this|it))?|really)[\s?!.]*",
    re.IGNORECASE,
)
GREETING = re.compile(r"\s*(?:hi|hello|hey|hiya|yo|greetings|good (?:morning|afternoon|evening|day))\b", re.IGNORECASE)
DOUBTS = re.compile(r"\s*(?:(?:are|is) (?:you|that|this|it) (?:really |quite )?(?:sure|certain|true|right|correct|so)|really)\b", re.IGNORECASE)
THANKS = re.compile(r"\s*(?:thanks?|cheers|great|nice|cool|ok(?:ay)?|bye|goodbye|see you|good night)\b", re.IGNORECASE)

NO_QUESTION = r"(?!(?:is|are|was|were|do|does|did|will|has|have|had|should)\b|.{0,9}\b(?:who|whom|whose|which|when|where|why|how|what|if|unless)\b)"
ORDER = (
    rf"(?:^(?P<clause>{NO_QUESTION}[^,?]{{1,60}}),\s|^|[.:;!?]\s)\W*(?:(?:please|kindly|briefly|quickly|shortly|simply|just|now|first|so|and|but|also|then|ok(?:ay)?|hi|hey|hello|"
    r"(?:can|could|would|will) you|you should|try to|let(?:['’]s| us)|help me|"
    r"(?:i (?:want|need|would like)|i['’]d like)(?: you)? to|in (?:a few|[\w-]+|your own) (?:sentences?|words?|terms|lines?|paragraphs?))\b\W*)*"
)
"""What stands before the verb of an order, be it a clause, `Based on the articles,`: a verb further on, as in `When will ministers discuss the deal?`,
orders nothing."""
SUM_UP = r"(?:summari[sz]e|sum up|outline|recap|compare|contrast|explain|describe|discuss)"
A_SUMMARY = (
    r"(?:(?:an?|the|any) )?(?:(?:quick|short|brief|concise|general|detailed|full|rough|clear|[\w-]+-(?:line|sentence|paragraph|word|page|minute)) )*"
    r"(?:summary|overview|outline|recap|gist|comparison)"
)
ASKS_FOR = (
    r"(?:(?:(?:give|show|get|write|make|provide)(?: me| us)?|(?:i )?(?:want|need|would like)|i['’]d (?:like|love)|what(?:['’]s| is)|is there|"
    r"(?:can|could|may) (?:i|we) (?:have|get|see)|do you have|have you(?: got)?) )?"
)
SUMMARY_ENDS = r"(?= (?:of|on|about|for|from|between)\b|,? (?:please|thanks?)\b|:|\W*$)"
ONE_FACT = r"(?:(?:exact|full|total) )?(?:date|day|year|name|title|number|figure|amount|price|cost|share|percentage|age|address|capital)s?"
BROAD = re.compile(
    rf"{ORDER}(?:{SUM_UP}|{ASKS_FOR}{A_SUMMARY}{SUMMARY_ENDS})\b|"
    r"^(?!.*\b(?:who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|will)\b).*\b(?:summary|overview|recap)\W*$|"
    r"\b(?:tl;?dr|key (?:points?|facts?|takeaways?)|main (?:points?|ideas?|takeaways?|issues?|themes?)|"
    r"differences?|(?:how|where) (?:do|does|did) .* (?:differ|compare)|how (?:is|are|was|were) .* different|tell me (?:about|more)|"
    r"what(?:'s| is| are)? (?:new(?=\W*$| (?:in|on|about|with|at|from|for|since|here|today|this)\b)|happening|going on|the latest(?=\W*$| (?:on|about|with|from|in)\b)|the news)|"
    r"what happened|any news|latest (?:on|news|developments?)|background (?:on|to)|"
    r"what do (?:the|these|my) (?:sources|articles|documents) say|what are the (?:arguments|reasons|issues|sticking points|concerns|effects|consequences|views|positions|risks)|"
    r"what (?:is|was|has been|gets) (?:known|said|reported|written|told) (?:about|of|on)|what do (?:we|you|they) know (?:about|of)|"
    rf"what (?:is the role of|(?:part|role) (?:do|does|did|has|have|will|is|are))|state of play|where do things stand|who says what|give me (?:an?|the) (?!{ONE_FACT} )|walk me through|how do .* (?:respond|react|view)\w*)\b",
    re.IGNORECASE,
)
OVERVIEW_ORDER = re.compile(rf"{ORDER}{SUM_UP}\b", re.IGNORECASE)
PLEASE = (
    r"(?:(?:please|kindly|briefly|now|so|and|just|(?:can|could|would|will) you(?: please)?|give me|tell me|show me|brief me on|catch me up on|"
    r"(?:i (?:want|need|would like)|i['’]d like)(?: to know)?|any)[\s,]+)*"
)
OF_ALL = (
    r"(?:(?:the|these|this|those|my|your|our|all|all of|whole|entire|latest) )*"
    r"(?:articles?|documents?|sources?|texts?|files?|library|folder|collection|news|everything|this|these|here)(?: (?:here|there|today|now|all))*"
)
"""The whole of the sources; `it` and `them` are, where an overview of them is asked for, but what they say or are is asked of something named before."""
IT_ALL = rf"(?:{OF_ALL}|all|it|them|today|now)"
POINTS = r"(?:key|main) (?:points|facts|topics|themes|subjects|issues|ideas|takeaways)"
NEWS = rf"(?:summary|overview|outline|recap|gist|news|new|latest|latest news|happening|going on|{POINTS})"
GOING_ON = r"what(?:['’]?s| is| has)? (?:new|happening|going on|happened)"
CONTENT_FREE = re.compile(
    rf"{PLEASE}(?:"
    rf"(?:summari[sz]e|sum up|recap)(?: {IT_ALL})?|(?:outline|describe|explain) (?:all )?(?:everything|(?:the |these |my )+(?:articles|documents|sources|texts|files))|brief me|catch me up|"
    rf"(?:an? |the |some )?(?:(?:quick|short|brief|concise|general|very) )*(?:{NEWS}|{IT_ALL})(?: (?:of|on|about|in|from) (?:{IT_ALL}|{GOING_ON}))*|"
    rf"what(?:['’]?s| is| are) (?:the )?(?:{NEWS}|everything|all)(?: (?:(?:of|on|about|in|from) {IT_ALL}|here|today|now|at the moment|right now))*|"
    rf"what(?:['’]?s| is| are| do| does) (?:in |all )?{OF_ALL}(?: (?:all )?(?:about|say|cover|tell(?: me| us)?))?|"
    rf"what (?:topics|subjects|themes) (?:are (?:covered|here|there)|(?:do|does) {OF_ALL} cover)(?: (?:in|by) {OF_ALL})?"
    r")(?:,? (?:please|briefly|in (?:a few|one|two|three|four|five|\d+|short) (?:words?|sentences?|lines?|paragraphs?)|in (?:short|brief)|for me))*[\s?!.]*",
    re.IGNORECASE,
)
"""A question that names no subject: an overview of all that is there, or of what is newest."""


KEYWORDS = re.compile(r"(?!.*\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did)\b)[\w’'-]+(?: [\w’'-]+)?[\s?.]*", re.IGNORECASE)


class Wants(StrEnum):
    """What an answer must hold."""

    NUMBER = "number"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    SAYING = "saying"
    ANYTHING = "anything"


US = r"(?:(?:US|U\.S\.|American) )?"
HOW_MANY_OF_A_CURRENCY = rf"\bhow many {US}(?!won (?:the|an?|their|his|her|in|at)\b)({'|'.join(CURRENCY_WORDS)})s?\b"
WANTS: tuple[tuple[Wants, re.Pattern[str]], ...] = tuple(
    (wants, re.compile(pattern, re.IGNORECASE))
    for wants, pattern in (
        (Wants.DURATION, r"\bhow long\b|\bhow old\b|\bfor how many (?:days|weeks|months|years|hours)\b|\bhow many (?:days|weeks|months|years|hours|minutes)\b|\bwhat age\b|\bduration\b"),
        (Wants.DATE, r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b|\bsince when\b|\buntil when\b|\b(?:opening|start|starting|closing|end|release|launch|birth|election|publication) date\b|\bdate of\b"),
        (Wants.PERCENT, r"\b(?:what|which) (?:percentage|percent|share|proportion|fraction|rate|tariff rate)\b|\bhow (?:high|big|large|steep) .*\b(?:tariff|rate|tax|levy|duty)\b|\b(?:what|which) .*\b(?:tariffs?|rate|duty|levy)\b (?:does|do|did|is|are|will|faces?|hits?|applies)|\bby what percent"),
        (Wants.PERCENT, r"\bhow many (?:per ?cent|percentage points)\b"),
        (Wants.MONEY, HOW_MANY_OF_A_CURRENCY),
        (Wants.COUNT, r"\bhow many (?!(?:thousand|million|billion|trillion)s?\b)|\bwhat number of\b|\bnumber of\b"),
        (Wants.MONEY, r"\bhow much (?:money|(?:did|does|do|will|would) .*\b(?:cost|pay|spend|invest)\b(?!-)|(?:is|was|are|were) .* worth)|\b(?:what|which) (?:price|cost|sum|amount)\b|\bhow (?:large|big|high) .*\b(?:deficit|surplus|gap|debt|fine|budget|fund|investment|loan|imbalance)\b"),
        (Wants.NUMBER, r"\bhow (?:many|much|large|big|high|tall|far|fast|often|heavy|deep|wide|cold|hot|warm)\b|\bwhat (?:number|figure|size)\b"),
        (Wants.PERSON, r"\bwho(?:se|m)?\b|\b(?:what|which) (?:person|man|woman|minister|president|official|politician|actor|actress|singer|player|leader|ceo|author)\b|\bname of the (?:president|minister|leader|person|ceo|author)"),
        (Wants.REASON, r"\bwhy\b|\bfor what reason\b|\bwhat (?:caused|led to|prompted|is the reason)\b|\bhow come\b"),
        (Wants.PLACE, r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|town|nation|location|capital|region|island)\b"),
        (Wants.SAYING, r"\bwhat (?:did|does|do|has|have) .* (?:say|said|tell|think|call|called|claim|warn|argue|describe|promise|announce|propose|demand|suggest)\b|\bhow (?:did|does|has) .* (?:describe|call|respond|react|characteri[sz]e)\b"),
    )
)  # fmt: skip


def is_small_talk(question: str) -> bool:
    """A greeting, thanks, or a question about the assistant itself."""
    return bool(SMALL_TALK.fullmatch(question.strip()))


def is_broad(question: str) -> bool:
    """Whether the question asks for an overview rather than a fact, as one or two words alone do: `tariffs`."""
    return bool(BROAD.search(question)) or is_content_free(question) or bool(KEYWORDS.fullmatch(question.strip()))


def is_content_free(question: str) -> bool:
    """Whether it names no subject at all: `What is new?`, `Summarise these articles`."""
    return bool(CONTENT_FREE.fullmatch(question.strip()))


HOW_MUCH = re.compile(r"\bhow (?:many|much|large|big|high|tall|far|fast|often|long|old|heavy|deep|wide|steep|soon|late|early|strong)\b", re.IGNORECASE)
PREAMBLE = re.compile(
    r"^[^:?]{3,60}:\s+(?=(?:who|what|which|when|where|why|how|is|are|was|were|do|does|did|can|will)\b)", re.IGNORECASE
)
LATEST = re.compile(
    r"\b(?:latest|most recent(?:ly)?|newest|currently|at present|as of now|up to now|these days)\b|\b(?:say|said|report(?:ed)?|heard?|known?) last\b|"
    r"\blast (?:say|said|reported|heard|word|thing)\b",
    re.IGNORECASE,
)
INSTRUCTION = re.compile(
    rf"{ORDER}(?:{SUM_UP}|{ASKS_FOR}{A_SUMMARY} (?:of|on|about|between))\b|"
    r"\b(?:please|can you|could you|give me|tell me (?:more )?about|(?:the )?(?:key|main) (?:points?|facts?|takeaways?|ideas?|themes?)(?: (?:of|on|about|in|from))?|"
    r"(?:the )?differences? between|what do (?:the|these|my) (?:sources|articles|documents) say (?:about|on)|what (?:is|was|has been|gets) (?:known|said|reported|written|told) (?:about|of|on)|what do (?:we|you|they) know (?:about|of)|"
    r"(?:the )?(?:latest|news|background) (?:on|about|to|of))\b",
    re.IGNORECASE,
)
HOW_DIFFER = re.compile(r"\b((?:how|where) (?:do|does|did) .*)\bdiffer\b", re.IGNORECASE)


def subject(question: str) -> str:
    """The question without the words that only say what kind of answer is wanted; all of it where nothing else is left.

    >>> subject("Summarise the talks")
    'the talks'
    """
    rest = LATEST.sub(lambda match: "" if " " not in match[0] else match[0].replace("last", ""), PREAMBLE.sub("", question.strip()))
    rest = " ".join(HOW_DIFFER.sub(r"\1", INSTRUCTION.sub(lambda match: f"{match['clause'] or ''} ", HOW_MUCH.sub(" ", rest))).split())
    return rest if re.search(r"\w{2}", rest) else question


def asks_for_latest(question: str) -> bool:
    """Whether the newest of several answers is wanted: `What did Han say last?`, but not `last year`."""
    return bool(LATEST.search(question))


def counted(question: str) -> frozenset[str]:
    """What a how-many question counts: `troops` and the word before it; empty for any other question."""
    match = re.search(r"\b(?:how many|number of) ((?:[\w-]+ )?[\w-]+)", question, re.IGNORECASE)
    return frozenset(match[1].lower().split()) if match else frozenset()


PART_OF_A_YEAR = rf"(?:(?:the )?(?:early|mid|late|spring|summer|autumn|fall|winter|start|beginning|middle|end)(?: of)?[ -])?(?:\d{{1,2}} )?(?:{MONTH} )?(?:\d{{1,2}},? )?"
ASKED_YEAR = re.compile(rf"\b(?:in|for|during|of|by|on) {PART_OF_A_YEAR}((?:1[5-9]|20)\d\d)\b|\b((?:1[5-9]|20)\d\d)['’]s\b", re.IGNORECASE)


def asked_years(question: str) -> frozenset[int]:
    """The years a question is about: `in 2023`, `on 6 February 2023`, `2023's`, but not `since 2012`."""
    return frozenset(int(match[1] or match[2]) for match in ASKED_YEAR.finditer(question))


def asked_currency(question: str) -> str | None:
    """The currency a sum is asked for in: `won`, of `How many won does it pay?` and `How much is that in won?`; None where none is named."""
    asked_in = rf"\bin {US}({'|'.join(CURRENCY_WORDS)})s?\b"
    match = re.search(rf"\b(?:how|what|which)\b.*{asked_in}\W*$|{HOW_MANY_OF_A_CURRENCY}|\bhow much\b.*{asked_in}", question, re.IGNORECASE)
    return CURRENCY_WORDS[(match[1] or match[2] or match[3]).lower()] if match else None


def wants(question: str) -> Wants:
    """The kind of thing that would answer the question; of several question words the first counts.

    >>> wants("How many American troops are in South Korea?")
    <Wants.COUNT: 'count'>
    """
    found = [(match.start(), order, kind) for order, (kind, pattern) in enumerate(WANTS) if (match := pattern.search(question))]
    return min(found)[2] if found else Wants.ANYTHING
