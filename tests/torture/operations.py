"""Work on a library that goes on until its process is killed; each step is announced, done and acknowledged.

In: a folder and a seed. Out, through a pipe: `("will", {source: state})` before a step, `("done",)` after it. A state is what the
source is to be, as `(text, title)`, or None where it is to be gone.
"""

from __future__ import annotations

import itertools
import os
import random
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.library import Library
from assistant.managing import edit, removed_sources, restore
from assistant.sidecar import read_about, write_about
from tests.fakes import AN_HOUR_NS, library_in, story, write

State = tuple[str, str] | None
Tell = Callable[[Any], None]

N_SYNCED = (20, 10, 5, 5)
"""Files changed, new, deleted and retitled before one sync: three batches."""


def title_of(text: str) -> str:
    """What a story without a sidecar is called."""
    return text.partition("\n")[0]


def state_of(library: Library, source: str) -> State:
    """What a source is by its file and sidecar."""
    path = library.path_of(source)
    if not path.exists():
        return None
    text = path.read_text()
    return text, read_about(path).title or title_of(text)


def put(path: Path, text: str) -> None:
    """Save a file as editors do, whole, with a time that can be trusted."""
    scratch = path.with_name(f".{path.name}.saving")
    scratch.write_text(text)
    modified = time.time_ns() - AN_HOUR_NS
    os.utime(scratch, ns=(modified, modified))
    os.replace(scratch, path)


def some(library: Library, chance: random.Random, n: int) -> list[str]:
    """Sources that are in the index and in the folder."""
    return chance.sample([d.source for d in library.catalog.documents() if library.path_of(d.source).exists()], n)


def new_story(chance: random.Random) -> str:
    return story(chance.randrange(10**6, 10**9))


def add(library: Library, chance: random.Random, name: str, tell: Tell) -> None:
    inbox = library.root.parent / "inbox" / name
    files = {f"{name}-{n}.txt": new_story(chance) for n in range(3)}
    write(inbox, files)
    write_about(inbox / f"{name}-0.txt", {"title": f"Called {name}"})
    states = {source: (text, title_of(text)) for source, text in files.items()}
    states[f"{name}-0.txt"] = (files[f"{name}-0.txt"], f"Called {name}")
    tell(("will", states))
    report = library.add([inbox / source for source in files])
    assert (report.added, report.failed) == (tuple(files), ())
    tell(("done",))


def update(library: Library, chance: random.Random, name: str, tell: Tell) -> None:
    texts = {source: new_story(chance) for source in some(library, chance, 3)}
    tell(("will", {s: (text, read_about(library.path_of(s)).title or title_of(text)) for s, text in texts.items()}))
    for source, text in texts.items():
        put(library.path_of(source), text)
    report = library.sync()
    assert (set(report.changed) >= set(texts), report.failed) == (True, ())
    tell(("done",))


def remove(library: Library, chance: random.Random, name: str, tell: Tell) -> None:
    """Two taken out and one of them brought back; Chroma follows, as with the next sync."""
    for source in some(library, chance, 2):
        before = state_of(library, source)
        tell(("will", {source: None}))
        library.remove(source)
        tell(("done",))
    tell(("will", {source: before}))
    restore(library, source)
    tell(("done",))
    library.mirror()


def edit_titles(library: Library, chance: random.Random, name: str, tell: Tell) -> None:
    for n, source in enumerate(some(library, chance, 3)):
        tell(("will", {source: (library.path_of(source).read_text(), f"Edited {name}-{n}")}))
        edit(library, source, {"title": f"Edited {name}-{n}"})
        tell(("done",))
    library.mirror()


def sync(library: Library, chance: random.Random, name: str, tell: Tell) -> None:
    n_changed, n_new, n_deleted, n_retitled = N_SYNCED
    touched = some(library, chance, n_changed + n_deleted + n_retitled)
    changed, deleted, retitled = touched[:n_changed], touched[n_changed : n_changed + n_deleted], touched[-n_retitled:]
    texts = {source: new_story(chance) for source in [*changed, *(f"{name}/{n}.txt" for n in range(n_new))]}
    states: dict[str, State] = {s: (text, read_about(library.path_of(s)).title or title_of(text)) for s, text in texts.items()}
    states |= dict.fromkeys(deleted)
    states |= {source: (library.path_of(source).read_text(), f"Retitled {name}") for source in retitled}
    tell(("will", states))
    (library.root / name).mkdir()
    for source, text in texts.items():
        put(library.path_of(source), text)
    for source in deleted:
        library.path_of(source).unlink()
    for source in retitled:
        write_about(library.path_of(source), {"title": f"Retitled {name}"})
    report = library.sync()
    assert (len(report.added), set(deleted) <= set(report.removed), report.failed) == (n_new, True, ())
    tell(("done",))


OPERATIONS: dict[str, Callable[[Library, random.Random, str, Tell], None]] = {
    "add": add,
    "update": update,
    "remove": remove,
    "edit": edit_titles,
    "sync": sync,
}


def work(kind: str, folder: Path, seed: str, pipe: Any) -> None:
    """Do one kind of work again and again; what goes wrong is told too."""
    try:
        library = library_in(folder)
        pipe.send(("begin",))
        for n in itertools.count():
            OPERATIONS[kind](library, random.Random(f"{seed} {n}"), f"{kind}-{seed}-{n}", pipe.send)
    except BaseException:
        pipe.send(("error", traceback.format_exc()))


def kept_texts(library: Library) -> dict[str, set[str]]:
    """By source, what was taken out and can be brought back."""
    found: dict[str, set[str]] = {}
    for removed in removed_sources(library):
        found.setdefault(removed.source, set()).add(removed.kept.read_text())
    return found
