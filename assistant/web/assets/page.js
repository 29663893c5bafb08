// The page's entry: wires the shell to the server. Everything shown is HTML rendered there.

import {startArticle} from './article.js';
import {startCard} from './card.js';
import {LOST, startChat} from './chat.js';
import {startLive} from './live.js';
import {startManage} from './manage.js';
import {startSources} from './sources.js';
import {startUpload} from './upload.js';

const CONVERSATION = 'assistant.conversation', SESSION = 'assistant.session';

// Of this tab: reports of what was handed over in it are shown in it, also after a reload.
function session() {
  let id = sessionStorage.getItem(SESSION);
  if (!id) {
    id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    sessionStorage.setItem(SESSION, id);
  }
  return id;
}

export async function start({element, server, ask}) {
  const root = element.querySelector('#reader');
  const find = (id) => root.querySelector('#' + id);
  const said = find('said');

  async function call(name, request = {}) {
    try {
      return (await server[name](request)) ?? {error: LOST}; // Gradio swallows what went wrong on the way
    } catch (error) {
      if (name !== 'state') console.error(error); // that is asked every second
      return {error: LOST};
    }
  }

  const page = {
    root, find, call, ask, session: session(),
    say(text) { said.textContent = ''; requestAnimationFrame(() => { said.textContent = text; }); },
  };

  const sources = startSources(page);
  const chat = startChat(page, sources);
  const article = startArticle(page);
  const upload = startUpload(page, sources);
  const manage = startManage(page, sources);
  page.live = startLive(page, {sources, chat, upload, article});
  startCard(page);

  const questionOf = (button) => button.closest('.turn').querySelector('.question').textContent;
  const actions = {
    ...upload.actions, ...manage.actions,
    fold: sources.fold, unscope: sources.clear,
    suggest: (button) => chat.send(button.textContent),
    copy: chat.copy, judge: chat.judge,
    again: (button) => chat.send(questionOf(button)),
    reload: article.reload,
    back: () => window.dispatchEvent(new Event('reader:back')),
    'ask-all': (button) => { sources.clear(); chat.send(questionOf(button)); },
    new: () => { sources.clear(); begin(null); },
  };
  root.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button) actions[button.dataset.do](button);
  });
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || find('edit').open) return;
    if (sources.closeDrawer()) return;
    window.dispatchEvent(new Event('reader:back'));
  });

  async function begin(conversation) {
    const {value, error} = await call('begin', {conversation});
    if (error) { chat.complain(error); return; }
    localStorage.setItem(CONVERSATION, value.conversation);
    if (!conversation) article.leave();
    chat.open(value);
  }

  await Promise.all([begin(localStorage.getItem(CONVERSATION)), sources.refresh()]);
  article.follow();
  page.live.tick();
  document.documentElement.classList.add('reader-ready');
}
