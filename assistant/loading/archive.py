"""Zip archives, and documents that are made of one, opened only where unpacking them is safe.

In: the bytes of an archive. Out: an open `ZipFile` whose members together stay within limits, or a `SourceError`. Python's
zipfile gives no more of a member than its declared size, so that what is declared is what can be inflated.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from assistant.errors import SourceError

MAX_MEMBERS = 10_000
MAX_INFLATED_MB = 500
MAX_RATIO = 250
"""Inflated to packed size; real sheets of one repeated word reach 100, a bomb the format's limit of 1,032."""
SMALL_MB = 20
"""Below this the ratio says nothing: a short file of blanks packs as well as a bomb."""
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OSError, KeyError)


@contextmanager
def open_archive(file: bytes | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open an archive, its limits checked; what goes wrong with it inside the block is told as its damage.

    Raises:
        SourceError: If it is damaged, encrypted, or would unpack to too much.
    """
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file) as archive:
            check_limits(archive)
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, zlib.error, NotImplementedError) as exc:
        raise SourceError("it is damaged: the archive that it is made of cannot be read") from exc
    except RuntimeError as exc:
        if "encrypted" in str(exc) or "password" in str(exc):
            raise SourceError("it is encrypted; save it without a password and try again") from exc
        raise


def check_holds(data: bytes, member: str) -> None:
    """Raise `SourceError` unless the bytes are an archive within limits that has the member by which its format is known."""
    with open_archive(data) as archive:
        archive.getinfo(member)


def check_limits(archive: zipfile.ZipFile) -> None:
    """Raise `SourceError` where unpacking would take too much room, or makes more of a file than any document is."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise SourceError(f"it holds {len(members):,} files and the limit is {MAX_MEMBERS:,}; unpack it and add what you need")
    inflated = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if inflated > MAX_INFLATED_MB * 1_000_000:
        raise SourceError(f"it unpacks to {inflated / 1e6:,.0f} MB and the limit is {MAX_INFLATED_MB} MB; split it")
    if inflated > SMALL_MB * 1_000_000 and inflated > MAX_RATIO * max(packed, 1):
        raise SourceError(f"it unpacks to {inflated / max(packed, 1):,.0f} times its size, which no document does: a zip bomb")


def parse_xml(data: bytes) -> Any:
    """The root of an XML file; entities that it declares are not put in, nothing is fetched, small damage is passed over.

    Raises:
        SourceError: If it is no XML.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise SourceError("it is damaged: the XML in it cannot be read") from exc
    if root is None:
        raise SourceError("it is damaged: the XML in it cannot be read")
    return root


def local_name(element: Any) -> str:
    """An element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
