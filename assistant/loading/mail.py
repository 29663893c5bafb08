"""E-mail and pages saved as MHTML -> the message's text; its subject as title, its sender as author, its date.

In: the bytes of a message. Out: the text a reader sees. Attachments are named, not read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from assistant.errors import SourceError
from assistant.loading.encoding import decode_any
from assistant.loading.html import load_html
from assistant.loading.loaded import Loaded, clean, one_line
from assistant.loading.metadata import Metadata

NAMED = 10
MAX_PARTS = 1_000


def load_mail(data: bytes) -> Loaded:
    """Read a message.

    Raises:
        SourceError: If it is none, or holds no text.
    """
    message = message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in ("From", "Subject", "Date", "To", "Received", "MIME-Version")):
        raise SourceError("it is no e-mail: it has no sender, subject or date")
    assert isinstance(message, EmailMessage)
    parts = [part for _, part in zip(range(MAX_PARTS), message.walk(), strict=False)]
    readable = [p for p in parts if p.get_content_type() in ("text/plain", "text/html") and not _is_attachment(p)]
    is_saved_page = "Snapshot-Content-Location" in message
    order = ("text/html", "text/plain") if is_saved_page else ("text/plain", "text/html")
    body, warnings = Loaded(""), []
    for kind in order:
        part = next((p for p in readable if p.get_content_type() == kind and _bytes(p).strip()), None)
        if part is not None:
            body = _read(part)
            if body.text.strip():
                break
    attached = [one_line(p.get_filename()) or p.get_content_type() for p in parts if _is_attachment(p)]
    if attached and not is_saved_page:
        more = f" and {len(attached) - NAMED} more" if len(attached) > NAMED else ""
        warnings.append(f"Attachments were not read: {', '.join(attached[:NAMED])}{more}. Save and add them by themselves.")
    if not body.text.strip():
        also = f"; attached: {', '.join(attached[:NAMED])}" if attached else ""
        raise SourceError(f"the message holds no text{also}")
    stated = _metadata(message)
    if is_saved_page:
        page = body.metadata
        address = page.url or one_line(str(message["Snapshot-Content-Location"]))
        stated = page._replace(url=address, title=page.title or stated.title)
    return Loaded(body.text, stated, warnings=(*body.warnings, *warnings))


def _is_attachment(part: Any) -> bool:
    return bool(not part.is_multipart() and (part.get_content_disposition() == "attachment" or (part.get_filename() and part.get_content_maintype() != "text")))


def _bytes(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


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
    try:
        subject = one_line(str(message["Subject"])) if message["Subject"] else None
    except (ValueError, IndexError):
        subject = None
    return Metadata(title=subject, author=one_line(sender), published=published)
