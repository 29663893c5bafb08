// What happens without the reader: the folder changes, uploads are read, an open article is written anew.

import {LOST} from './chat.js';
import {morph} from './morph.js';

const BUSY_MS = 400, CALM_MS = 1_000, LOST_MS = 5_000;
const NEWS_MS = 12_000; // how long a change in the folder is told

export function startLive(page, {sources, chat, upload, article}) {
  const {find, call} = page;
  const folder = find('folder'), news = find('news');
  let failures = 0;
  let seen = null, timer = 0, newsTimer = 0, asking = false, again = false;

  async function tick() {
    clearTimeout(timer);
    if (asking) { again = true; return; }
    if (document.hidden) return;
    asking = true;
    const {value, error} = await call('state', {seen, session: page.session, ...article.shown()});
    asking = false;
    failures = error === LOST ? failures + 1 : 0;
    // One request may be lost on the way; two in a row say that nobody answers.
    if (failures !== 1) chat.reached(!failures);
    if (!error) show(value);
    timer = setTimeout(tick, again ? 0 : failures === 1 ? BUSY_MS : error ? LOST_MS : value.busy ? BUSY_MS : CALM_MS);
    again = false;
  }

  function show(value) {
    const moved = seen && seen.sources !== value.sources;
    seen = {uploads: value.uploads, sources: value.sources, reports: value.reports};
    morph(folder, value.folder);
    if (value.uploads_html !== undefined) upload.show(value.uploads_html);
    if (value.welcome) chat.welcomeAgain(value.welcome);
    if (moved) sources.refresh();
    if (article.shown()) article.outdate(value.article);
    if (value.news) tell(value.news);
  }

  function tell(text) {
    clearTimeout(newsTimer);
    news.textContent = text;
    news.hidden = false;
    newsTimer = setTimeout(() => { news.hidden = true; }, NEWS_MS);
  }

  document.addEventListener('visibilitychange', tick);
  return {tick, tell};
}
