"""`add`, `remove`, `restore`, `edit`, `reread`, `sync`, `sources` and `doctor`: what is in the folder and the index."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.commands.common import notify, open_assistant, print_json, settings_of
from assistant.commands.hints import copyable, copyable_report

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.folder import Failure
    from assistant.scanning import ScanReport


def run_add(arguments: argparse.Namespace) -> int:
    from assistant.scanning import ScanReport
    from assistant.terminal import progress_bar

    paths, urls, listed = _items(arguments)
    assistant = open_assistant(arguments)
    report = ScanReport()
    if paths:
        with progress_bar("Adding") as progress:
            report += assistant.add(paths, progress=progress)
    if urls or listed:
        with progress_bar("Fetching", counted=True) as progress:
            report += _add_urls(assistant, urls, listed, arguments, progress)
    _print_report(report, arguments)
    return 1 if report.failed else 0


def _items(arguments: argparse.Namespace) -> tuple[list[Path], list[str], list[str]]:
    """What is to be added: files and folders, pages asked for by name, pages out of lists."""
    from assistant.addresses import is_url
    from assistant.feeds import is_list, listed_urls

    if not arguments.items and not arguments.urls:
        raise ValueError("Nothing was named to add. Name files, folders or URLs: assistant add FILE")
    if arguments.limit is not None and arguments.limit < 1:
        raise ValueError(f"--limit is {arguments.limit}; it must be at least 1.")
    urls = [item for item in arguments.items if is_url(item)]
    paths = [Path(item) for item in arguments.items if not is_url(item)]
    lists = [*(path for path in paths if is_list(path)), *arguments.urls]
    return [path for path in paths if not is_list(path)], urls, [url for path in lists for url in listed_urls(path)]


def _add_urls(assistant: Assistant, urls: list[str], listed: list[str], arguments: argparse.Namespace, progress: Any) -> ScanReport:
    from assistant.fetching import Fetcher
    from assistant.webpages import add_urls

    max_bytes = assistant.settings.max_file_mb * 1_000_000
    fetcher = Fetcher(max_bytes=max_bytes, allow_private=arguments.allow_private_hosts)
    return add_urls(assistant.library, urls, fetcher=fetcher, listed=listed, limit=arguments.limit, progress=progress)


def run_remove(arguments: argparse.Namespace) -> int:
    from assistant.terminal import plain

    library, n_removed = open_assistant(arguments).library, 0
    try:
        for name in arguments.names:
            source, kept = library.remove(name)
            n_removed += 1
            print(plain(f"removed  {source}\n         kept as {kept}"), flush=True)
    finally:  # last, and also before a name that is wrong: a vector store that cannot be written undoes nothing
        if n_removed:
            library.mirror()
    return 0


def run_edit(arguments: argparse.Namespace) -> int:
    from assistant.managing import edit

    if not arguments.clear and not any(vars(arguments)[field] is not None for field in ("title", "publisher", "author", "date")):
        raise ValueError("Nothing was said to change. Give --title, --publisher, --author, --date or --clear.")
    given = {"title": arguments.title, "publisher": arguments.publisher, "author": arguments.author, "published": arguments.date}
    changes = {field: value for field, value in given.items() if value is not None}
    clear = ["published" if field == "date" else field for field in arguments.clear]
    if both := sorted(changes.keys() & set(clear)):
        raise ValueError(f"The {both[0]} is both given and cleared; do one of the two.")
    library = open_assistant(arguments).library
    report = edit(library, arguments.name, changes, clear=clear)
    _print_report(report, arguments)
    library.mirror()
    return 1 if report.failed else 0


def run_reread(arguments: argparse.Namespace) -> int:
    from assistant.managing import reread
    from assistant.terminal import progress_bar

    if not arguments.names and not arguments.failed:
        raise ValueError("Name the sources to read again, or give --failed for those that could not be read.")
    assistant = open_assistant(arguments)
    with progress_bar("Reading") as progress:
        report = reread(assistant.library, arguments.names, failed=arguments.failed, progress=progress)
    _print_report(report, arguments)
    assistant.library.mirror()
    return 1 if report.failed else 0


def run_restore(arguments: argparse.Namespace) -> int:
    from assistant.managing import removed_sources, restore
    from assistant.scanning import ScanReport

    assistant = open_assistant(arguments)
    if arguments.names:
        report = ScanReport()
        try:
            for name in arguments.names:
                report += restore(assistant.library, name)
        finally:  # what came back before a name that is wrong is told too
            if report != ScanReport():
                _print_report(report, arguments)
                assistant.library.mirror()
        return 1 if report.failed else 0
    waiting = removed_sources(assistant.library)
    if arguments.json:
        print_json({"schema": 1, "removed": [{**asdict(one), "kept": str(one.kept)} for one in waiting]})
        return 0
    from assistant.terminal import human_date, plain

    for one in waiting:
        print(plain(f"{one.source}\n  taken out {human_date(one.removed)}, kept as {one.kept}"))
    if not waiting:
        print("Nothing was removed.")
    return 0


def run_sync(arguments: argparse.Namespace) -> int:
    from assistant.assistant import Assistant
    from assistant.encoder import made_earlier
    from assistant.terminal import progress_bar

    if arguments.rebuild:
        Assistant(settings_of(arguments), notify=notify).discard_index(allow_empty=arguments.yes)
    assistant = open_assistant(arguments)
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress, allow_empty=arguments.yes)
    _print_report(report, arguments)
    built_with = assistant.library.catalog.meta("encoder_id") or ""
    if made_earlier(built_with) and (otherwise := assistant.built_otherwise()):  # nothing had to be embedded, or it would have been refused
        notify(copyable(f"{otherwise}. It answers, but takes nothing in until you run: assistant sync --rebuild", arguments))
    return 0


def _print_report(report: ScanReport, arguments: argparse.Namespace) -> None:
    report = copyable_report(report, arguments)
    if arguments.json:
        told = {name: [each._asdict() for each in getattr(report, name)] for name in ("failed", "warnings", "skipped")}
        print_json({"schema": 1, **asdict(report), **told})
        return
    from assistant.terminal import console, print_report

    print_report(report, console())


def run_sources(arguments: argparse.Namespace) -> int:
    assistant = open_assistant(arguments)
    for notice in assistant.refresh():
        notify(copyable(notice, arguments))
    from assistant.managing import listing

    documents, superseded = listing(assistant.library, find=arguments.find, sort=arguments.sort), assistant.superseded()
    look = assistant.library.look()
    failed, passed_over = (_named(each, arguments.find) for each in (look.failed, look.passed_over))
    if arguments.json:
        told = {"failed": [each._asdict() for each in failed], "passed_over": [each._asdict() for each in passed_over]}
        from assistant.wire import sources_to_json

        print_json({**sources_to_json(documents), **told, "superseded": superseded})
        return 0
    from assistant.terminal import console, print_passed_over, print_sources

    if documents:
        print_sources(documents, console(), superseded)
    print_passed_over(failed, passed_over, console())
    if arguments.find:
        print(f"{len(documents)} of {assistant.library.catalog.counts()[0]} documents.")
    elif not documents:
        n_files = len(look.files)
        way_out = copyable(f"{n_files} files lie there: assistant sync" if n_files else "Add some: assistant add FILE", arguments)
        print(f"No documents in '{assistant.settings.sources}' are indexed yet. {way_out}")
    return 0


def _named(failures: Iterable[Failure], find: str) -> list[Failure]:
    """Those with the words of `find` in their name, as documents are found by name."""
    return [each for each in failures if all(word in each.source.casefold() for word in find.casefold().split())]


def run_doctor(arguments: argparse.Namespace) -> int:
    from assistant.doctor import examine
    from assistant.terminal import plain

    checks = []
    for found in examine(settings_of(arguments), fix=arguments.fix):
        check = found._replace(found=copyable(found.found, arguments), way_out=copyable(found.way_out, arguments))
        checks.append(check)
        if not arguments.json:
            mark = "ok  " if check.ok else "BAD "
            way_out = f"  -> {check.way_out}" if not check.ok and check.way_out else ""
            print(plain(f"{mark}{check.name:<22}{check.found}{way_out}"), flush=True)
    if arguments.json:
        print_json({"schema": 1, "checks": [check._asdict() for check in checks]})
    return 0 if all(check.ok for check in checks) else 1
