// The page's entry: wires the shell to the server. Everything shown is HTML rendered there.

import {startArticle} from './article.js';
import {startCard} from './card.js';
import {startChat} from './chat.js';
import {startSources} from './sources.js';
import {startUpload} from './upload.js';

const CONVERSATION = 'assistant.conversation';

export async function start({element, server, ask, take}) {
  const root = element.querySelector('#reader');
  const find = (id) => root.querySelector('#' + id);
  const said = find('said');

  async function call(name, request = {}) {
    try {
      return await server[name](request);
    } catch (error) {
      console.error(error);
      return {error: 'The assistant does not answer. Is it still running?'};
    }
  }

  const page = {
    root, find, call, ask, take,
    say(text) { said.textContent = ''; requestAnimationFrame(() => { said.textContent = text; }); },
  };

  const sources = startSources(page);
  const chat = startChat(page, sources);
  const upload = startUpload(page, sources, chat);
  const article = startArticle(page);
  startCard(page);

  const actions = {
    pick: upload.pick, sync: upload.sync, fold: sources.fold, unscope: sources.clear,
    suggest: (button) => chat.send(button.textContent),
    copy: chat.copy, judge: chat.judge,
    again: (button) => chat.send(button.closest('.turn').querySelector('.question').textContent),
    hush: upload.hush,
    back: () => window.dispatchEvent(new Event('reader:back')),
    new: () => begin(null),
  };
  root.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button) actions[button.dataset.do](button);
  });
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (sources.closeDrawer()) return;
    window.dispatchEvent(new Event('reader:back'));
  });

  async function begin(conversation) {
    const {value, error} = await call('begin', {conversation});
    if (error) { chat.complain(error); return; }
    localStorage.setItem(CONVERSATION, value.conversation);
    if (!conversation) article.leave();
    chat.open(value);
    upload.limit(value.max_bytes);
  }

  await Promise.all([begin(localStorage.getItem(CONVERSATION)), sources.refresh()]);
  article.follow();
  document.documentElement.classList.add('reader-ready');
}
