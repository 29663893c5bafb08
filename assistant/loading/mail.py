"""E-mail and pages saved as MHTML -> the message's text; its subject as title, its sender as author, its date.

In: the bytes of a message. Out: the text a reader sees. Attachments, messages among them, are named, not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from assistant.errors import SourceError
from assistant.loading.encoding import decode_any
from assistant.loading.html import load_html
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.metadata import Metadata

NAMED = 10


def load_mail(data: bytes) -> Loaded:
    """Read a message.

    Raises:
        SourceError: If it is none, or holds no text.
    """
    message = message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in ("From", "Subject", "Date", "To", "Received", "MIME-Version")):
        raise SourceError("it is no e-mail: it has no sender, subject or date")
    assert isinstance(message, EmailMessage)
    is_saved_page = "Snapshot-Content-Location" in message
    shown = _shown(message, ("text/html", "text/plain") if is_saved_page else ("text/plain", "text/html"))
    pieces = list(_read_all(shown))
    text = joined(piece.text for piece in pieces)
    warnings = [warning for piece in pieces for warning in piece.warnings]
    read = set(shown)
    attached = [_name(part) for part in _leaves(message) if part not in read and _is_named(part)]
    if attached and not is_saved_page:
        more = f" and {len(attached) - NAMED} more" if len(attached) > NAMED else ""
        warnings.append(f"Attachments were not read: {', '.join(attached[:NAMED])}{more}. Save and add them by themselves.")
    if not text:
        also = f"; attached: {', '.join(attached[:NAMED])}" if attached else ""
        raise SourceError(f"the message holds no text{also}")
    stated = _metadata(message)
    if is_saved_page:
        page = pieces[0].metadata
        address = page.url or one_line(str(message["Snapshot-Content-Location"]))
        stated = page._replace(url=address, title=page.title or stated.title)
    return Loaded(text, stated, warnings=tuple(dict.fromkeys(warnings)))


def _shown(part: Any, order: tuple[str, ...]) -> list[Any]:
    """The parts that are the message's text, in order: of alternatives the first of the kind named first, of a page and its pictures the page."""
    if not _is_holder(part):
        return [part] if part.get_content_type() in order and part.get_content_disposition() != "attachment" and not _is_blank(part) else []
    offers = [offer for inner in part.get_payload() if (offer := _shown(inner, order))]
    kind = part.get_content_type()
    if kind == "multipart/alternative" and offers:
        return min(offers, key=lambda offer: order.index(offer[0].get_content_type()))
    return offers[0] if kind == "multipart/related" and offers else [leaf for offer in offers for leaf in offer]


def _is_blank(part: Any) -> bool:
    """Whether a part is there for form's sake: some programs put a lone hard blank into the plain text beside a page."""
    if part.get_content_type() != "text/plain":
        return not _bytes(part).strip()
    try:
        return not _read(part).text.strip()
    except SourceError:
        return False  # why it cannot be read is told when it is


def _leaves(message: Any) -> Iterator[Any]:
    """The parts that hold no others, in order."""
    pending = [message]
    while pending:
        part = pending.pop()
        if _is_holder(part):
            pending.extend(reversed(part.get_payload()))
        else:
            yield part


def _is_holder(part: Any) -> bool:
    """Whether a part is only its parts; an attached message holds one too, but is somebody else's."""
    return bool(part.is_multipart() and part.get_content_maintype() == "multipart")


def _is_named(part: Any) -> bool:
    """Whether a part that was not read is a thing of its own, not another form of the text."""
    return bool(part.get_filename() or part.get_content_disposition() == "attachment" or part.get_content_maintype() == "message")


def _name(part: Any) -> str:
    """A part's file name, an attached message's subject, or the kind of the part."""
    is_message = part.get_content_type() == "message/rfc822" and part.is_multipart()
    return one_line(part.get_filename()) or (_subject(part.get_payload(0)) if is_message else None) or part.get_content_type()


def _bytes(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _read_all(parts: Sequence[Any]) -> Iterator[Loaded]:
    """Each part as text; one of several that shows none, as a page around a picture, is passed over."""
    for part in parts:
        try:
            yield _read(part)
        except SourceError:
            if len(parts) == 1:
                raise


def _read(part: Any) -> Loaded:
    """One part as text, by the encoding it declares where that fits."""
    data = _bytes(part)
    charset = part.get_content_charset()
    if part.get_content_type() == "text/html":
        if charset:
            text, _ = decode_any(data, declared=charset)
            data = b"\xef\xbb\xbf" + text.encode("utf-8", "replace")
        return load_html(data)
    text, warning = decode_any(data, declared=charset)
    return Loaded(clean(text).strip() + "\n", warnings=(warning,) if warning else ())


def _metadata(message: Any) -> Metadata:
    """Subject, sender's name and date, each None where the message has none that can be read."""
    sender = None
    try:
        addresses = message["From"].addresses if message["From"] else ()
        sender = ", ".join(a.display_name or a.addr_spec for a in addresses) or None
    except (AttributeError, ValueError, IndexError):
        sender = None
    moment: datetime | None = None
    try:
        moment = message["Date"].datetime if message["Date"] else None
    except (AttributeError, ValueError, TypeError):
        moment = None
    published = None
    if moment is not None and moment.tzinfo is not None:
        published = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}Z" if 1 < moment.year < 9999 else None
    elif moment is not None:
        published = f"{moment:%Y-%m-%dT%H:%M}"
    return Metadata(title=_subject(message), author=one_line(sender), published=published)


def _subject(message: Any) -> str | None:
    try:
        return one_line(str(message["Subject"])) if message["Subject"] else None
    except (ValueError, IndexError):
        return None
