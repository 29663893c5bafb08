// The open article follows the address: `#cite-DOCUMENT-START-END` or `#doc-DOCUMENT`. So links
// are plain links, the browser's own back closes the article, and an address can be kept.

const CITE = /^#cite-([0-9a-zA-Z]+)-(\d+)-(\d+)$/, DOC = /^#doc-([0-9a-zA-Z]+)$/;

function asked(hash) {
  const cite = CITE.exec(hash), doc = DOC.exec(hash);
  if (cite) return {document: cite[1], start: Number(cite[2]), end: Number(cite[3])};
  return doc && {document: doc[1]};
}

export function startArticle(page) {
  const {root, find, call} = page;
  const panel = find('article'), body = find('article-body'), view = find('article-scroll');
  const chat = find('scroll'), outdated = find('outdated');
  let origin = null;      // the link that opened the article, to come back to
  // History entries since the chat was last shown. Each keeps its own: the browser's back and forward, and a reload, go by it.
  let depth = history.state?.depth ?? 0;
  if (asked(location.hash)) remember(); // opened at an address, with no chat to go back to
  let latest = 0;

  root.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#cite-"], a[href^="#doc-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!panel.contains(link)) origin = link;
    if (link.hash === location.hash) { event.preventDefault(); follow(); }
  });
  window.addEventListener('hashchange', () => {
    depth = asked(location.hash) ? history.state?.depth ?? depth + 1 : 0;
    if (asked(location.hash)) remember();
    follow();
  });
  window.addEventListener('reader:back', () => {
    if (panel.hidden) return;
    if (depth > 0) { const steps = depth; depth = 0; history.go(-steps); return; }
    history.replaceState(null, '', location.pathname + location.search);
    follow();
  });

  function remember() {
    history.replaceState({...history.state, depth}, '');
  }

  // Opening and closing change the width of the chat: hold the reader's place in it.
  function holding(anchor, change) {
    const before = anchor?.isConnected && chat.contains(anchor) ? anchor.getBoundingClientRect().top : null;
    change();
    if (before !== null) chat.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  function anchorInView() {
    if (origin?.isConnected && chat.contains(origin)) return origin;
    const top = chat.getBoundingClientRect().top;
    return [...chat.querySelectorAll('.statement, .question')]
      .find((each) => each.getBoundingClientRect().bottom > top);
  }

  function mark(hash) {
    for (const link of root.querySelectorAll('a[aria-current]')) link.removeAttribute('aria-current');
    if (!hash) return;
    for (const link of root.querySelectorAll('a[href="' + CSS.escape(hash).replaceAll('\\#', '#') + '"]')) {
      link.setAttribute('aria-current', 'true');
    }
  }

  function close() {
    if (panel.hidden) return;
    holding(anchorInView(), () => {
      panel.hidden = true;
      root.classList.remove('with-article');
    });
    mark('');
    page.returning = true; // the card would cover the place come back to
    if (origin?.isConnected) origin.focus({preventScroll: true});
    page.returning = false;
    origin = null;
  }

  async function follow() {
    const hash = location.hash, request = asked(hash), turn = ++latest;
    if (!request) { close(); return; }
    const link = origin?.hash === hash ? origin : root.querySelector(`a[href="${hash}"]`);
    const {source = '', quote = '', who = ''} = link?.dataset ?? {};
    const {value, error} = await call('open_article', {...request, source, quote, who});
    if (turn !== latest) return;
    outdated.hidden = true;
    if (error) {
      const line = document.createElement('p');
      line.className = 'error';
      line.textContent = error;
      body.replaceChildren(line);
    } else body.innerHTML = value;
    holding(anchorInView(), () => {
      panel.hidden = false;
      root.classList.add('with-article');
    });
    mark(hash);
    page.root.dispatchEvent(new Event('reader:opened'));
    const words = find('passage');
    if (words) {
      const above = words.getBoundingClientRect().top - view.getBoundingClientRect().top;
      view.scrollTop += above - view.clientHeight * 0.28;
      words.focus({preventScroll: true});
    } else {
      view.scrollTop = 0;
      view.focus({preventScroll: true});
    }
    name();
  }

  // The title stays in view: over the text once the one above it is scrolled away.
  const running = find('article-running');
  function name() {
    const title = find('article-title');
    const gone = title && title.getBoundingClientRect().bottom < view.getBoundingClientRect().top;
    running.textContent = gone ? title.textContent : '';
  }
  view.addEventListener('scroll', name, {passive: true});

  // The document that is shown, for whoever asks whether it is still so; null where none is.
  function shown() {
    const head = panel.hidden ? null : body.querySelector('[data-document]');
    return head && {document: head.dataset.document, source: head.dataset.source};
  }

  function outdate(state) {
    outdated.firstElementChild.textContent = state === 'gone' ? 'This document is no longer in your sources.'
      : 'This document has changed since it was opened.';
    outdated.querySelector('button').hidden = state === 'gone';
    outdated.hidden = !state;
  }

  async function reload() {
    const quote = find('passage')?.textContent ?? '';
    const {value} = await call('newest', {source: shown()?.source, quote});
    if (!value) { outdate('gone'); return; }
    history.replaceState(history.state, '', value);
    follow();
  }

  // A new conversation: what was open belonged to the old one.
  const leave = () => window.dispatchEvent(new Event('reader:back'));
  return {follow, leave, shown, outdate, reload};
}
