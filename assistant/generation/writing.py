"""Question + hits -> an answer that a language model writes, each sentence held to the sources before it is shown.

In: a question and hits. Out: events, a statement as soon as it is whole and checked. A statement's citations are the words we found for
it, not those the model says; what does not bear it out is said with it. Where the model fails, the sources' own sentences stand in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from assistant.alignment import Embed, Window, align
from assistant.citations import Citations, renumbered
from assistant.errors import ModelError
from assistant.generation.models import Message, Model, Piece
from assistant.generation.prompts import answering, new_mark, tokens_of
from assistant.generation.reply import Reply, Said
from assistant.judging import Judge
from assistant.orders import gives_orders
from assistant.quoting import ABSTAINED
from assistant.signs.kinds import What
from assistant.support import Checked, check
from assistant.types import (
    AbstainEvent,
    Answerer,
    DisagreementEvent,
    Document,
    Event,
    Hit,
    NoticeEvent,
    Statement,
    StatementEvent,
    Support,
    Usage,
    UsageEvent,
    WritingEvent,
)

TRIES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 20.0
"""Before asking a busy server again: doubled each time, or what the server says, but no longer than this."""
HELPS = 0.3
"""A passage that the model names is cited when it holds at least this share of the sentence."""

MAX_REASONS = 3

QUOTED_INSTEAD = "What the sources say in their own words is quoted."
CUT_OFF = "The model's answer was cut off because it grew too long; its last, unfinished sentence is left out."
CUT_AT_ONCE = "The model's answer was cut off before its first sentence was whole."
BROKEN_OFF = "The connection to the model's server ended before its answer was whole."
BLOCKED = "The model would not answer this."
EMPTY = "The model answered with nothing."
MOSTLY_UNSUPPORTED = f"Most of what the model wrote is not borne out by the sources. {QUOTED_INSTEAD}"


class Quoting(Answerer, Protocol):
    """The answerer that stands in, and that judges whether the sources hold an answer at all."""

    def declines(self, question: str, hits: Sequence[Hit]) -> bool: ...


class GeneratingAnswerer:
    """Has a model write from the hits; checks, cites, and falls back to quoting."""

    name = "generation"

    def __init__(
        self,
        model: Model,
        *,
        quoting: Quoting,
        embed: Embed,
        judge: Callable[[], Judge | None] = lambda: None,
        document_by_source: Callable[[str], Document | None],
        new_mark: Callable[[], str] = new_mark,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            model: Who writes.
            quoting: Who judges whether there is an answer, and stands in where the model fails.
            embed: Texts to unit rows.
            judge: Gives who weighs sentences beside the rules, loaded when first needed; None for rules alone.
            document_by_source: For finding the places of near-copies.
            new_mark: Draws the mark that fences the passages of one request.
            sleep: Waits a number of seconds.
        """
        self.model = model
        self._quoting, self._embed, self._judge = quoting, embed, judge
        self._document_by_source = document_by_source
        self._new_mark, self._sleep = new_mark, sleep

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Event]:
        """Statements as they are whole and checked; what the model took comes last. Nothing sent is taken back.

        Where the sources do not hold an answer the model is not asked, so that it cannot answer from what it knows.
        """
        if self._quoting.declines(question, hits):
            yield ABSTAINED
            return
        yield from _Writing(self, question, hits).events()

    # What one writing uses

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece | NoticeEvent | None]:
        """The reply's pieces; a server that is busy is asked again, with a word about it, as long as nothing has come."""
        for n_tries in range(1, TRIES + 1):
            begun = False
            stream = self.model.stream(messages)
            try:
                for piece in stream:
                    begun = begun or bool(piece and piece.text)
                    yield piece
                return
            except ModelError as exc:
                if begun or not exc.passing or n_tries == TRIES:
                    raise
                pause_s = exc.retry_after_s if exc.retry_after_s is not None else FIRST_PAUSE_S * 2 ** (n_tries - 1)
                if pause_s > LONGEST_PAUSE_S:
                    raise ModelError(f"{exc} It asks to wait {pause_s:.0f} s.") from exc
                yield NoticeEvent(f"{exc} It was asked again after {pause_s:g} s.")
                yield from self._wait(pause_s)
            finally:
                stream.close()  # type: ignore[attr-defined]

    def _wait(self, seconds: float) -> Iterator[None]:
        """Wait in short steps, so that a reader can stop it."""
        for _ in range(round(seconds / 0.2)):
            self._sleep(0.2)
            yield None

    def checked(self, said: Said, hits: Sequence[Hit]) -> Checked:
        """A sentence held to the passages it names; where they do not bear it out, to all of them."""
        named = [hits[number - 1] for number in said.numbers if 1 <= number <= len(hits)]
        judge = self._judge()
        own = check(said.text, named, embed=self._embed, judge=judge) if named else None
        if own and own.support is Support.SUPPORTED and not any(gives_orders(hit.passage.text) for hit in hits):
            return own
        among_all = check(said.text, hits, embed=self._embed, judge=judge)
        if What.ORDER in among_all.against:  # an order holds it better than what the model names for it
            return among_all
        return among_all if own is None or among_all.support is Support.SUPPORTED else own

    def windows(self, said: Said, checked: Checked, hits: Sequence[Hit]) -> list[Window]:
        """What to cite for a sentence: the words it rests on, and those of the other passages it names that hold a part of it.

        Where it rests on none of those that it names, they are not cited.
        """
        if checked.window is None:
            return []
        windows = list(checked.windows)
        named = {hits[number - 1].passage.id for number in said.numbers if 1 <= number <= len(hits)}
        if checked.support is Support.SUPPORTED and checked.window.hit.passage.id not in named:
            return windows
        cited = {window.hit.passage.id for window in windows}
        for number in said.numbers:
            if 1 <= number <= len(hits) and hits[number - 1].passage.id not in cited:
                other = align(said.text, hits[number - 1], self._embed)
                if other and other.covered >= HELPS:
                    windows.append(other)
                    cited.add(other.hit.passage.id)
        return windows if checked.support is not Support.UNSUPPORTED else [w for w in windows[:1] if w.covered >= HELPS]

    def quoted(self, question: str, hits: Sequence[Hit], citations: Citations) -> Iterator[Event]:
        """The stand-in's answer, its citations numbered on."""
        for event in renumbered(self._quoting.answer(question, hits), citations):
            if isinstance(event, StatementEvent | DisagreementEvent | AbstainEvent):
                yield event

    def new_citations(self) -> Citations:
        return Citations(self._document_by_source)

    def mark(self) -> str:
        return self._new_mark()


class _Writing:
    """One answer while it is written."""

    def __init__(self, answerer: GeneratingAnswerer, question: str, hits: Sequence[Hit]) -> None:
        self._answerer, self._question, self._hits = answerer, question, hits
        self._citations = answerer.new_citations()
        self._n_shown = self._n_failed = 0
        self._unknown: set[int] = set()
        self._declined = False
        self._messages = answering(question, hits, mark=answerer.mark())
        self._usage = Usage()
        self._finish: str | None = None
        self._refusal: str | None = None
        self._rest: list[Said] = []

    def events(self) -> Iterator[Event]:
        trouble: str | None = None
        try:
            yield from self._written()
        except ModelError as exc:
            trouble = str(exc)
        for said in self._rest:
            yield from self._shown(said)
        if self._unknown:
            named = ", ".join(f"[{number}]" for number in sorted(self._unknown))
            yield NoticeEvent(f"The model cited {named}, which names no passage; that was left out.")
        yield from self._ending(trouble)
        if self._usage.calls:
            yield UsageEvent(self._usage)

    def _written(self) -> Iterator[Event]:
        """The statements of the reply."""
        reply, written, stated = Reply(), [], Usage()
        pieces = self._answerer.stream(self._messages)
        broken = True
        try:
            for piece in pieces:
                if not isinstance(piece, Piece):
                    yield piece or WritingEvent()
                    continue
                written.append(piece.text)
                stated = Usage(max(stated.prompt_tokens, piece.prompt_tokens or 0), max(stated.reply_tokens, piece.reply_tokens or 0), 1)
                self._finish = piece.finish or self._finish
                self._refusal = piece.refusal or self._refusal
                found = reply.feed(piece.text)
                for said in found:
                    yield from self._shown(said)
                if not found:
                    yield WritingEvent()
            broken = self._finish in LENGTH or self._finish is None
        finally:
            pieces.close()  # type: ignore[attr-defined]
            self._usage = self._counted(stated, "".join(written))
            self._rest = [said for said in reply.finish(broken=broken) if said.whole]

    def _counted(self, stated: Usage, written: str) -> Usage:
        """What the server says, else an estimate."""
        if (stated.prompt_tokens and stated.reply_tokens) or not stated.calls:
            return stated
        prompt = stated.prompt_tokens or sum(tokens_of(message.content) for message in self._messages)
        return Usage(prompt, stated.reply_tokens or tokens_of(written), 1, estimated=True)

    def _shown(self, said: Said) -> Iterator[Event]:
        if said.declines:
            self._declined = True
            return
        if said.refuses and not self._n_shown:
            self._refusal = said.text
            return
        self._unknown |= {number for number in said.numbers if not 1 <= number <= len(self._hits)}
        checked = self._answerer.checked(said, self._hits)
        numbers, new = [], []
        for window in self._answerer.windows(said, checked, self._hits):
            citation, fresh = self._citations.cite(window.hit, window.span)
            numbers.append(citation.number)
            new += [citation] if fresh else []
        self._n_shown += 1
        self._n_failed += checked.support is not Support.SUPPORTED
        statement = Statement(said.text, tuple(dict.fromkeys(numbers)), checked.support, checked.reasons[:MAX_REASONS])
        yield StatementEvent(statement, tuple(new))

    def _ending(self, trouble: str | None) -> Iterator[Event]:
        """What is said after the model's words, and the quotes that stand in where they will not do."""
        if trouble is None and self._finish is None:
            trouble = BROKEN_OFF
        cut_off = self._finish in LENGTH
        if trouble is None and cut_off and self._n_shown:
            yield NoticeEvent(CUT_OFF)
        elif trouble is None and (self._refusal or self._finish in BLOCKING):
            trouble = BLOCKED
        elif trouble is None and self._declined and not self._n_shown:
            yield ABSTAINED
            return
        elif trouble is None and not self._n_shown:
            trouble = CUT_AT_ONCE if cut_off else EMPTY
        if trouble and self._n_shown > self._n_failed:
            yield NoticeEvent(f"{trouble} What it wrote up to there is shown.")
        elif trouble:
            yield from self._quoted(f"{trouble} {QUOTED_INSTEAD}")
        elif self._n_failed * 2 > self._n_shown:
            yield from self._quoted(MOSTLY_UNSUPPORTED)

    def _quoted(self, notice: str) -> Iterator[Event]:
        yield NoticeEvent(notice)
        for event in self._answerer.quoted(self._question, self._hits, self._citations):
            if isinstance(event, AbstainEvent) and self._n_shown:
                yield NoticeEvent("The sources do not answer this in their own words either.")
            else:
                yield event


LENGTH = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"})
BLOCKING = frozenset({"content_filter", "refusal", "safety", "prohibited_content", "recitation", "blocklist", "spii", "language", "other"})
