"""Sources in a browser, around the real assistant: twenty files at once, undo, corrections, removal, and a folder that changes."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.sidecar import read_about, sidecar_of
from tests.loading.makers import docx, eml, epub, html, odt, pdf, pptx, scanned_pdf, xlsx
from tests.web.conftest import Site, running
from tests.web.test_browser import NAMELESS, POOR_CONTRAST, Reader, chromium, expect
from tests.webserver import Reply, article, redirect, serving

__all__ = ["chromium"]  # a fixture, found by its name
pytestmark = pytest.mark.browser

PAGES = (
    "The Riverside library will close for eleven weeks while its roof is replaced, the council said.",
    "Councillor Maria Lopez called the closure regrettable but necessary.",
    "The architects will restore the glass dome as well.\n\nIts 48 panes have been in storage in Leeds since 1941.",
)
BAD = {
    "locked.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .docx"),
    "torn.pdf": (b"%PDF-1.7 and no more", "damaged"),
    "scan.pdf": (scanned_pdf(), "scan"),
}
GOOD: dict[str, bytes] = {
    "library.pdf": pdf(PAGES, title="Library to close"),
    "minutes.docx": docx(("The annual rent of an allotment rises from 40 to 46 pounds in April.",)),
    "ferry.pptx": pptx((("Ferry timetable", ("The first boat leaves at 5:40 on weekdays.",), ""),)),
    "tariffs.xlsx": xlsx({"Tariffs": [("Country", "Tariff rate"), ("Japan", "24 per cent")]}),
    "bridge.html": html("<p>The old bridge reopened on Wednesday after repairs that cost the city 12 million euros.</p>"),
    "mail.eml": eml("The server will be down on Saturday from 8 to 11 because the disks are replaced.", Subject="Server maintenance"),
    "book.epub": epub(),
    "letter.odt": odt(("The mayor thanked all who had planted the forty lime trees along the canal.",)),
    "prices.csv": b"Fruit,Price\nApples,3 euros\nPears,4 euros\n",
    "notes.md": b"# Notes\n\nThe lighthouse at Grey Point was painted green in 1987.\n",
    **{f"note-{n}.txt": f"Note {n}: the night bus on line {n} stops at the hospital.".encode() for n in range(1, 8)},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("page") / "sources"
    root.mkdir()
    assistant = Assistant.open(root)
    assistant._loaded = encoder
    with running(assistant, watch=True) as site:  # type: ignore[arg-type]
        yield site


@pytest.fixture
def folder(site: Site) -> Site:
    """The site with one source and nothing left of the test before."""
    assistant, intake = site.assistant, site.intake
    shutil.rmtree(assistant.settings.keep, ignore_errors=True)
    for path in assistant.settings.sources.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (assistant.settings.sources / "first.txt").write_text("The tram to the airport leaves every ten minutes.")
    with assistant.turn:
        assistant.sync(allow_empty=True)
    for batch in intake.batches():
        intake.close(batch.id)
    assert intake.batches() == []
    return site


@pytest.fixture
def reader(chromium: object, folder: Site) -> Iterator[Reader]:
    reader = Reader(chromium, folder)
    complaints: list[str] = []
    reader.page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield reader
    reader.context.close()
    assert (reader.errors, reader.foreign_requests, complaints) == ([], [], [])


def listed(reader: Reader) -> list[str]:
    return reader.page.locator(".source-list .title").all_inner_texts()


def test_twenty_files_are_taken_in_asked_about_and_taken_back(reader: Reader) -> None:
    page, assistant = reader.page, reader.site.assistant
    files = [*BAD.items(), *GOOD.items()]
    uploads = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": data[0] if isinstance(data, tuple) else data}
        for name, data in files
    ]
    assert len(uploads) == 20
    page.set_input_files("#files", uploads)
    expect(page.locator(".upload progress")).to_be_visible()
    expect(page.locator(".upload tbody tr")).to_have_count(20)
    reader.ask("How often does the tram to the airport leave?")  # adding holds up no question
    expect(page.get_by_role("button", name="Undo all of this")).to_be_visible()
    page.locator(".more-rows summary").click()
    rows = page.locator(".upload tbody tr").all_inner_texts()
    assert sorted(row.split("\n")[0] for row in rows[:3]) == sorted(BAD)
    for row in rows[:3]:
        name, told = row.split("\n", 1)
        assert told.startswith("Not added: ")
        assert BAD[name][1] in told
    assert {tuple(re.split(r"\n|: ", row)[:2]) for row in rows[3:]} == {(name, "Added") for name in GOOD}

    turn = reader.ask("Where have the panes been in storage?")
    pill = turn.locator(".cite").first
    assert pill.get_attribute("data-page") == "3"
    pill.click()
    expect(page.locator("#article .where")).to_contain_text("library.pdf, p. 3")
    expect(page.locator("#passage")).to_contain_text("Leeds")
    page.get_by_role("button", name="Close the article").click()
    expect(page.locator("#article")).to_be_hidden()

    page.get_by_role("button", name="Undo all of this").click()
    expect(page.locator(".upload .undone")).to_have_count(len(GOOD))
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator(".source-list li")).to_have_count(1)
    assert [path.name for path in assistant.settings.sources.iterdir()] == ["first.txt"]
    expect(page.locator(".removed-list summary")).to_contain_text(f"Removed ({len(GOOD)})")


def test_file_that_wants_a_decision_is_seen_at_once_and_old_reports_go(reader: Reader) -> None:
    page = reader.page
    many = [{"name": f"none-{n}.xyz", "mimeType": "text/plain", "buffer": b"x"} for n in range(30)]
    for files in (many[:15], many[15:]):
        page.set_input_files("#files", files)
        expect(page.locator(".upload").first).to_contain_text(str(files[0]["name"]))
    page.locator(".sources-body").evaluate("(each) => { each.scrollTop = each.scrollHeight; }")
    page.set_input_files("#files", [{"name": "first.txt", "mimeType": "text/plain", "buffer": b"Other words stand here."}])
    replace = page.get_by_role("button", name="Replace the first.txt that is there")
    expect(replace).to_be_in_viewport(ratio=1)
    expect(page.locator(".upload")).to_have_count(3)
    assert page.locator(".upload").first.locator(".taken").count() == 1
    assert page.evaluate("() => [...document.querySelectorAll('.report tbody')].every((each) => each.scrollHeight <= each.clientHeight)")

    other = Reader(page.context.browser, reader.site)  # what was done is not told there; what must be decided is
    expect(other.page.locator(".upload")).to_have_count(1)
    expect(other.page.locator(".upload .taken")).to_contain_text("first.txt")
    other.context.close()
    page.get_by_role("button", name="Close all").click()
    expect(page.locator(".upload")).to_have_count(1)
    reader.open()
    expect(replace).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Leave first.txt as it was").click()
    expect(page.locator(".upload .skipped")).to_contain_text("first.txt")


def test_undo_of_a_removal_covers_nothing_and_goes(reader: Reader) -> None:
    page, root = reader.page, reader.site.assistant.settings.sources
    for n in range(12):
        (root / f"note-{n}.txt").write_text(f"Note {n}: the night bus on line {n} stops at the hospital.")
    expect(page.locator(".source-list li")).to_have_count(13)
    page.get_by_label("More about first.txt").click()
    page.get_by_role("button", name="Remove first.txt").click()
    expect(page.locator("#undo")).to_be_visible()
    body, undo = page.locator(".sources-body").bounding_box(), page.locator("#undo").bounding_box()
    assert body["y"] + body["height"] <= undo["y"]
    expect(page.locator("#undo")).to_be_hidden(timeout=12_000)
    expect(page.locator(".removed-list")).to_contain_text("Removed (1)")


def test_what_is_no_address_is_said_once_and_stays_to_be_mended(reader: Reader) -> None:
    page = reader.page
    page.fill("#address", "not an address")
    page.keyboard.press("Enter")
    expect(page.locator("#add-problem")).to_have_text("“not an address” is no web address. Write it in full, such as https://example.org/article.")
    expect(page.locator("#address")).to_have_value("not an address")
    expect(page.locator(".upload")).to_have_count(0)


def test_folder_is_dropped_with_its_folders(reader: Reader, tmp_path: Path) -> None:
    trip = tmp_path / "trip"
    (trip / "deep").mkdir(parents=True)
    (trip / "a.txt").write_text("The ferry to Norvia leaves at nine.")
    (trip / "deep" / "b.md").write_text("The harbour was dredged in May.")
    (trip / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    reader.page.set_input_files("#folder-files", str(trip))
    expect(reader.page.locator(".upload .added")).to_have_count(2)
    expect(reader.page.locator(".upload .skipped")).to_contain_text("trip/photo.jpg")
    assert sorted(document.source for document in reader.site.assistant.documents()) == ["first.txt", "trip/a.txt", "trip/deep/b.md"]


def test_address_of_this_machine_is_refused_with_the_reason(reader: Reader) -> None:
    page = reader.page
    with serving({"/secret": Reply(article("Secret", "Nobody outside may read this."))}) as web:
        page.fill("#address", web.url("/secret"))
        page.keyboard.press("Enter")
        expect(page.locator(".upload .failed")).to_contain_text("'127.0.0.1' is an address of this machine.")
        expect(page.locator("#address")).to_have_value("")
        assert web.paths == []
    assert listed(reader) == ["first.txt"]


def test_page_is_added_by_its_address_opened_and_taken_back(chromium: object, tmp_path: Path, encoder: Any) -> None:
    (tmp_path / "sources").mkdir()
    assistant = Assistant.open(tmp_path / "sources")
    assistant._loaded = encoder
    told = article("Ferries run again", "The ferry to Norvia leaves at nine and carries two hundred people.", "Bicycles travel free of charge.")
    with (
        serving({"/old": redirect("/news/ferries-run-again"), "/news/ferries-run-again": Reply(told)}) as web,
        running(assistant, allow_private_hosts=True) as site,  # type: ignore[arg-type]
    ):
        reader = Reader(chromium, site)
        reader.page.set_default_timeout(40_000)
        page = reader.page
        page.fill("#address", f"{web.url('/old')} {web.url('/nowhere')}")
        page.keyboard.press("Enter")
        expect(page.locator(".upload .added")).to_contain_text("127.0.0.1/ferries-run-again.html", timeout=40_000)
        expect(page.locator(".upload .failed")).to_contain_text("The server answered 404")
        expect(page.locator(".source-list .title")).to_have_text(["Ferries run again"])
        [document] = assistant.documents()
        assert (document.url, document.publisher, document.published) == (web.url("/news/ferries-run-again"), "Port Gazette", "2025-04-15T08:00Z")
        page.locator(".source-list .title").click()
        expect(page.locator(".article-text")).to_contain_text("The ferry to Norvia leaves at nine")
        page.get_by_role("button", name="Close the article").click()
        page.get_by_role("button", name="Undo all of this").click()
        expect(page.locator(".source-list li")).to_have_count(0, timeout=40_000)
        assert assistant.documents() == []
        reader.context.close()
        assert (reader.errors, reader.foreign_requests) == ([], [])


def test_corrected_title_is_shown_and_kept_beside_the_source(reader: Reader) -> None:
    page = reader.page
    page.get_by_label("More about first.txt").click()
    edit = page.get_by_role("button", name="Edit title, publisher, author and date of first.txt")
    edit.click()
    dialog = page.get_by_role("dialog", name="Correct what was read")
    dialog.get_by_label("Title").fill("Trams to the airport")
    dialog.get_by_label("Publisher").fill("City Transport")
    dialog.get_by_label("Date").fill("soon")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("'soon' is no date")
    dialog.get_by_label("Date").fill("2025-04-15")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".source-list .title")).to_have_text("Trams to the airport")
    expect(page.locator(".source-list li")).to_contain_text("City Transport, 15 April 2025")
    about = read_about(reader.site.assistant.settings.sources / "first.txt")
    assert (about.title, about.publisher, about.author, about.published) == ("Trams to the airport", "City Transport", None, "2025-04-15")
    page.get_by_role("button", name="Edit title, publisher, author and date of Trams to the airport").click()
    page.get_by_role("button", name="As the file says it").click()
    expect(page.locator(".source-list .title")).to_have_text("first.txt")


def test_source_is_removed_brought_back_and_restored(reader: Reader) -> None:
    page, path = reader.page, reader.site.assistant.settings.sources / "first.txt"
    for way in ("undo", "list"):
        sidecar_of(path).write_text('publisher = "City Transport"')
        if not page.get_by_role("button", name="Remove first.txt").is_visible():
            page.get_by_label("More about first.txt").click()
        page.get_by_role("button", name="Remove first.txt").click()
        expect(page.locator(".source-list li")).to_have_count(0)
        expect(page.locator("#undo")).to_contain_text("“first.txt” was removed.")
        assert not path.exists()
        sidecar_of(path).write_text('publisher = "Written since"')
        assert reader.ask("How often does the tram to the airport leave?").locator(".cite").count() == 0
        if way == "undo":
            page.get_by_role("button", name="Undo", exact=True).click()
        else:
            page.locator(".removed-list summary").click()
            page.get_by_role("button", name="Restore first.txt").click()
        expect(page.locator(".source-list li")).to_have_count(1)
        assert path.exists()
        expect(page.locator("#undo")).to_contain_text(
            "“first.txt” is back. first.txt.about.toml: it came back with the source; the one that stood here is kept as "
        )
        expect(page.locator(".removed-list")).to_have_count(0)


def test_failed_file_is_listed_with_its_reason_and_tried_again(reader: Reader) -> None:
    page, path = reader.page, reader.site.assistant.settings.sources / "late.txt"
    path.write_bytes(b"\x00\xff\x00")
    failed = page.locator(".failed-list li")
    expect(failed).to_contain_text("late.txt")
    expect(failed).to_contain_text("binary")
    page.get_by_role("button", name="Try late.txt again").click()
    expect(page.locator("#undo")).to_contain_text("binary")
    path.write_text("The late train leaves at midnight.")
    expect(page.locator(".failed-list")).to_have_count(0)
    assert "late.txt" in listed(reader)


def test_change_on_disk_appears_by_itself(reader: Reader) -> None:
    page, root = reader.page, reader.site.assistant.settings.sources
    started = time.monotonic()
    (root / "second.txt").write_text("The ferry to Norvia leaves at nine.")
    expect(page.locator(".source-list")).to_contain_text("second.txt")
    print(f"a new file was listed after {time.monotonic() - started:.1f} s")  # with `pytest -s`; 2 s are promised on an idle machine
    expect(page.locator("#news")).to_have_text("In the folder: second.txt added.")
    turn = reader.ask("When does the ferry to Norvia leave?")
    turn.locator(".cite").first.click()
    expect(page.locator("#passage")).to_contain_text("at nine")
    (root / "second.txt").write_text("A new line.\n\nThe ferry to Norvia leaves at nine.\n")
    expect(page.locator("#outdated")).to_contain_text("has changed since it was opened")
    page.get_by_role("button", name="Show it as it is now").click()
    expect(page.locator(".article-text")).to_contain_text("A new line.")
    expect(page.locator("#passage")).to_have_text("The ferry to Norvia leaves at nine.")
    expect(page.locator("#outdated")).to_be_hidden()
    (root / "second.txt").unlink()
    expect(page.locator("#outdated")).to_contain_text("no longer in your sources")
    expect(page.locator(".source-list li")).to_have_count(1)


def test_emptied_folder_offers_what_can_be_done(reader: Reader) -> None:
    page, root = reader.page, reader.site.assistant.settings.sources
    (root / "first.txt").unlink()
    expect(page.locator("#folder")).to_contain_text("is empty, but the index holds")
    assert "assistant sync" not in page.locator("#folder").inner_text()
    assert listed(reader) == ["first.txt"]
    page.get_by_role("button", name="They were removed: drop them").click()
    expect(page.locator(".source-list li")).to_have_count(0)
    expect(page.locator("#folder")).to_be_empty()


def test_list_is_sorted_and_searched(reader: Reader) -> None:
    page, root = reader.page, reader.site.assistant.settings.sources
    for name, title, publisher, day in (("a", "Zebras", "Post", "2025-01-02"), ("b", "Apples", "Wire", "2025-03-04"), ("c", "Melons", "Gazette", "2025-02-03")):
        (root / f"{name}.md").write_text(f"---\ntitle: {title}\npublisher: {publisher}\npublished: {day}\n---\n\nSomething is said about {title} here.\n")
    os.utime(root / "b.md", (1, 1))
    expect(page.locator(".source-list li")).to_have_count(4)
    orders = {
        "by title": ["Apples", "Melons", "Zebras", "first.txt"], "by publisher": ["Melons", "Zebras", "Apples", "first.txt"],
        "newest first": ["Apples", "Melons", "Zebras", "first.txt"],
    }  # fmt: skip
    for label, order in orders.items():
        page.get_by_label("Sort the list of sources").select_option(label=label)
        expect(page.locator(".source-list .title")).to_have_text(order)
    page.get_by_label("Sort the list of sources").select_option(label="added last")
    expect(page.locator(".source-list .title").last).to_have_text("Apples")
    reader.open()
    expect(page.locator(".source-list .title").last).to_have_text("Apples")
    page.get_by_label("Search the list of sources").fill("gazette mel")
    expect(page.locator(".source-list .title")).to_have_text(["Melons"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_control_has_a_name_and_contrast(chromium: object, folder: Site, scheme: str) -> None:
    reader = Reader(chromium, folder, color_scheme=scheme)
    page = reader.page
    page.set_default_timeout(40_000)
    (folder.assistant.settings.sources / "late.txt").write_bytes(b"\x00\xff\x00")
    page.set_input_files("#files", [{"name": n, "mimeType": "text/plain", "buffer": b"Other words stand here."} for n in ("first.txt", "x.jpg", "y.txt")])
    page.get_by_role("button", name="Undo all of this").wait_for()
    page.get_by_label("More about y.txt").click()
    page.get_by_role("button", name="Remove y.txt").click()
    page.locator(".removed-list summary").click()
    page.locator(".failed-list").wait_for()
    page.get_by_label("More about first.txt").click()
    page.wait_for_timeout(300)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(POOR_CONTRAST) == []
    page.get_by_role("button", name="Edit title, publisher, author and date of first.txt").click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(POOR_CONTRAST) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit title, publisher, author and date of first.txt")).to_be_focused()
    reader.context.close()
