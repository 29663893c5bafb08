"""One SQLite file with the catalog's tables: made, brought up to date, opened, and its errors told in words.

In: a path. Out: a connection. What stands in the tables is the catalog's affair.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = 4
BUSY_TIMEOUT_S = 30

SENTENCES = """
CREATE TABLE sentences (
    fingerprint INTEGER NOT NULL, passage INTEGER NOT NULL, document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    kinds INTEGER NOT NULL, PRIMARY KEY (fingerprint, passage)
) WITHOUT ROWID;
CREATE INDEX sentences_by_document ON sentences (document, passage)
"""

TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    source TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, looked_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, failure TEXT,
    about_size INTEGER NOT NULL DEFAULT -1, about_mtime_ns INTEGER NOT NULL DEFAULT 0, about_sha256 TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE documents (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL,
    title TEXT, publisher TEXT, author TEXT, published TEXT, url TEXT, n_passages INTEGER NOT NULL,
    pages TEXT NOT NULL DEFAULT '[]', warnings TEXT NOT NULL DEFAULT '[]', fetched TEXT
);
CREATE TABLE texts (document INTEGER PRIMARY KEY REFERENCES documents(row) ON DELETE CASCADE, text TEXT NOT NULL);
CREATE TABLE vectors (document INTEGER PRIMARY KEY REFERENCES documents(row) ON DELETE CASCADE, rows BLOB NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, embedded BLOB NOT NULL
);
CREATE INDEX passages_by_document ON passages (document, position);
CREATE INDEX passages_by_embedded ON passages (embedded);
CREATE VIRTUAL TABLE passages_fts USING fts5 (text, title, tokenize = "porter unicode61 remove_diacritics 2");
{SENTENCES}"""

MIGRATIONS = {
    1: (
        "ALTER TABLE documents ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE documents ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]'",
    ),
    2: (
        "ALTER TABLE files ADD COLUMN about_size INTEGER NOT NULL DEFAULT -1",
        "ALTER TABLE files ADD COLUMN about_mtime_ns INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN about_sha256 TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE documents ADD COLUMN fetched TEXT",
    ),
    3: tuple(SENTENCES.strip().split(";\n")),  # filled as the library reads its files again
}
"""By the format that they start from, the statements that lead to the next; nothing is read or embedded again."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the database, with our tables where it is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    use_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        create(connection)
    return connection


def way_out(exc: sqlite3.OperationalError) -> str:
    code = (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return "the disk is full. What was indexed stays; make room and run the command again."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"{exc}. Make the folder writable, or name another: --data DIR."
    return f"{exc}. What was indexed stays; try again shortly."


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back itself where the disk is full
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Several reads of one state of the database, whatever others commit meanwhile; of an open transaction, its own."""
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        if connection.in_transaction:  # SQLite has rolled back itself where the file cannot be read
            connection.execute("COMMIT")


def use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait for others who open a new database at the same moment, so we do."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if time.monotonic() > deadline or exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            time.sleep(0.01)


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process just did."""
    with transaction(connection):
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        # Not from 0: an index made anew must not be taken for the one it replaced.
        connection.execute("INSERT INTO meta VALUES ('generation', ?)", (str(time.time_ns()),))


def migrated(connection: sqlite3.Connection) -> int:
    """The database's format, after bringing an older one forward."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in MIGRATIONS:
        return version
    with transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been here
        while version in MIGRATIONS:
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            version += 1
        connection.execute(f"PRAGMA user_version = {version}")
    return version
