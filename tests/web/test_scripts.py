"""The page's scripts without a browser, in the Node.js that comes with Playwright: what they ask for and where they lead."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assistant.web.server import ASSETS

BESIDE = Path(__file__).parent
CHAT = """
import {startChat} from './chat.js';
const calls = [], kept = [];
const call = async (name, request) => {
  calls.push([name, ...[request.conversation, request.index].filter((each) => each !== undefined)]);
  return {value: name === 'begin' ? {conversation: request.conversation, turns: kept} : null};
};
const ask = ({conversation, question}) => calls.push(['ask', conversation, question]);
const chat = startChat({find, call, ask, live: {tick() {}}, say() {}}, {filters: () => ({}), refresh() {}});
const opened = (conversation) => chat.open({conversation, max_question: 2000, welcome: '', turns: []});
const told = (conversation, index, html, done = false, shown_as = index) => happens('reader:ask', {conversation, index, html, done, shown_as});
const over = () => happens('reader:ask-over');
const busy = () => find('send').title === 'Stop';
const shown = () => find('turns').children.map((turn) => [turn.attributes['aria-label'], turn.html]);
"""
ARTICLE = """
import {startArticle} from './article.js';
const places = [];
const article = startArticle({root, find, call: async () => ({value: '<p>An article.</p>'})});
find('article').hidden = true;
const back = async (what) => { what(); await settled(); places.push([place(), find('article').hidden]); };
const escape = () => happens('reader:back');
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Runs lines of a script beside the page's own and gives what they tell with `tell`."""
    driver = pytest.importorskip("playwright._impl._driver")
    shutil.copytree(ASSETS, tmp_path, dirs_exist_ok=True)
    shutil.copy(BESIDE / "elements.mjs", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "morph.js").write_text("export const morph = (element, html) => { element.html = html; };")

    def run(setting: str, script: str) -> Any:
        opening = "import {click, find, happens, place, root, settled} from './elements.mjs';\nconst tell = (value) => console.log(JSON.stringify(value));\n"
        (tmp_path / "test.js").write_text(opening + setting + script + "\nprocess.exit(0);\n")
        done = subprocess.run([driver.compute_driver_executable()[0], "test.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_new_conversation_stops_the_answer_of_the_old_and_is_free_at_once(run: Any) -> None:
    told = run(CHAT, """
        opened('old'); chat.send('slow one'); told('old', 0, 'slow'); opened('new');
        const states = [busy()];
        chat.send('next');
        told('old', 0, 'slow, more', true); over();  // the old one ends after its present piece
        states.push(busy());
        find('send').heard.click();
        told('new', 0, 'next', true); over();
        states.push(busy());
        chat.send('third'); over();  // nobody ever said that it was heard
        tell({calls, states, shown: shown(), problem: find('problem').textContent.slice(0, 29)});
    """)  # fmt: skip
    assert told == {
        "calls": [["ask", "old", "slow one"], ["stop", "old"], ["ask", "new", "next"], ["stop", "new"], ["ask", "new", "third"]],
        "states": [False, True, False],
        "shown": [["Question 1", "next"]],
        "problem": "The assistant does not answer",
    }


def test_answer_of_the_old_conversation_may_end_after_that_of_the_new(run: Any) -> None:
    told = run(CHAT, """
        opened('old'); chat.send('slow one'); told('old', 0, 'slow'); opened('new');
        chat.send('next'); told('new', 0, 'next', true); over();
        const states = [busy()];
        over();
        chat.send('third'); told('new', 1, 'third', true); over();
        states.push(busy());
        tell({states, problem: find('problem').textContent});
    """)  # fmt: skip
    assert told == {"states": [False, False], "problem": ""}


def test_turns_asked_in_another_tab_are_fetched_and_none_is_shown_twice(run: Any) -> None:
    told = run(CHAT, """
        opened('both'); kept.push('theirs');
        chat.send('mine'); told('both', 1, 'mine: looking'); told('both', 1, 'mine: the answer', true); over();
        chat.judge(find('turns').children[0]);  // before those of the other tab have come
        await settled();
        tell({shown: shown(), calls});
    """)  # fmt: skip
    assert told == {
        "shown": [["Question 1", "theirs"], ["Question 2", "mine: the answer"]],
        "calls": [["ask", "both", "mine"], ["begin", "both"], ["judge", "both", 1]],
    }


def test_a_turn_that_another_tab_was_faster_with_moves_behind_its(run: Any) -> None:
    told = run(CHAT, """
        opened('both'); chat.send('mine'); told('both', 0, 'mine: looking');
        kept.push('theirs', 'mine: the answer'); told('both', 1, 'mine: the answer', true, 0); over();
        chat.judge(find('turns').children[0]);
        await settled();
        tell({shown: shown(), calls});
    """)  # fmt: skip
    assert told == {
        "shown": [["Question 1", "theirs"], ["Question 2", "mine: the answer"]],
        "calls": [["ask", "both", "mine"], ["begin", "both"], ["judge", "both", 1]],
    }


def test_closing_an_article_never_leaves_the_page(run: Any) -> None:
    places = run(ARTICLE, """
        await click('#cite-aa-1-2'); await click('#cite-bb-3-4'); await click('#cite-cc-5-6');
        await back(() => history.go(-1)); await back(() => history.go(-1)); await back(escape);
        await back(() => history.go(3)); await back(escape);
        await click('#cite-aa-1-2'); await click('#cite-bb-3-4'); await back(escape);
        tell(places);
    """)  # fmt: skip
    assert places == [["#cite-bb-3-4", False], ["#cite-aa-1-2", False], ["", True], ["#cite-cc-5-6", False], ["", True], ["", True]]


def test_article_opened_at_its_address_is_closed_where_it_stands(run: Any) -> None:
    opened = "history.replaceState(null, '', '#doc-aa');\n"
    places = run(ARTICLE.replace("const article", opened + "const article"), """
        await back(article.follow);
        await click('#cite-bb-3-4');
        await back(() => history.go(-1)); await back(escape);
        tell(places);
    """)  # fmt: skip
    assert places == [["#doc-aa", False], ["#doc-aa", False], ["", True]]


def test_a_file_is_sent_with_the_batch_it_is_of(run: Any) -> None:
    sent = run("import {startUpload} from './upload.js';\n", """
        const asked = [];
        globalThis.XMLHttpRequest = class {
          upload = {};
          open(method, address) { asked.push([method, address]); }
          send() { this.response = {token: 't'}; this.onload(); }
        };
        const call = async (name) => ({value: name === 'plan' ? {upload: 'b1', wanted: [0]} : null});
        startUpload({root, find, call, live: {tick() {}}, session: 's'}, {reveal() {}, refresh() {}});
        const files = Object.assign(find('files'), {files: [{name: 'a & b+c.txt', size: 3}]});
        files.heard.change();
        await settled(); await settled();
        tell(asked);
    """)  # fmt: skip
    assert sent == [["POST", "/upload?name=a+%26+b%2Bc.txt&upload=b1"]]
