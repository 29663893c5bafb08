// The list of sources: filtering it, and ticking what answers may rest on.

import {morph} from './morph.js';

const FILTERS = 'assistant.filters', FOLDED = 'assistant.folded', SORT = 'assistant.sort';
const DRAWER = '(max-width: 999px)'; // where the sources lie over the chat, as in style.css

const inWords = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC'});
const day = (iso) => { const time = Date.parse(iso); return time ? inWords.format(time) : iso; };

const none = () => ({sources: [], publishers: [], since: '', until: ''});

export function startSources(page) {
  const {root, find, call} = page;
  const list = find('list'), publishers = find('publishers'), text = find('filter'), since = find('since'), until = find('until');
  const scope = find('scope'), unfold = find('unfold'), aside = find('aside'), sort = find('sort');
  const titles = new Map(); // of the ticked sources
  let chosen = {...none(), ...read(FILTERS)};
  let latest = 0, timer = 0;

  async function refresh() {
    const turn = ++latest;
    const {value, error} = await call('list_sources', {...chosen, text: text.value, sort: sort.value});
    if (turn !== latest) return;
    if (error) { list.textContent = error; return; }
    // What is unfolded goes along with its source, wherever that stands now.
    const open = new Set([...list.querySelectorAll('details[open]')].map((each) => each.dataset.key));
    morph(list, value.list);
    for (const each of list.querySelectorAll('details')) each.open = open.has(each.dataset.key);
    morph(publishers, value.publishers);
    morph(aside, value.aside);
    for (const [source, title] of Object.entries(value.titles)) titles.set(source, title);
    changed();
    find('narrow').firstElementChild.textContent = publishers.childElementCount ? 'Dates and publishers' : 'Dates';
  }

  function changed() {
    localStorage.setItem(FILTERS, JSON.stringify(chosen));
    since.value = chosen.since;
    until.value = chosen.until;
    const n = chosen.sources.length, parts = [...chosen.publishers];
    if (n) parts.push(n === 1 ? titles.get(chosen.sources[0]) ?? chosen.sources[0] : `${n} documents`);
    const dates = [chosen.since && `from ${day(chosen.since)}`, chosen.until && `until ${day(chosen.until)}`];
    const words = [parts.join(', '), ...dates].filter(Boolean).join(', ');
    scope.hidden = !words;
    scope.firstElementChild.textContent = words && `Answers only from: ${words}`;
  }

  root.addEventListener('change', ({target}) => {
    if (target.name !== 'publisher' && target.name !== 'source') return;
    const key = target.name === 'publisher' ? 'publishers' : 'sources';
    chosen[key] = chosen[key].filter((each) => each !== target.value);
    if (target.checked) chosen[key].push(target.value);
    if (target.dataset.title) titles.set(target.value, target.dataset.title);
    changed();
  });
  for (const [field, key] of [[since, 'since'], [until, 'until']]) {
    field.addEventListener('change', () => { chosen[key] = field.value; changed(); });
  }
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  });

  sort.value = read(SORT) ?? 'title';
  if (sort.selectedIndex < 0) sort.value = 'title';
  sort.addEventListener('change', () => {
    localStorage.setItem(SORT, JSON.stringify(sort.value));
    refresh();
  });

  const drawer = () => matchMedia(DRAWER).matches;
  function setFolded(folded) {
    root.classList.toggle('folded', folded);
    unfold.setAttribute('aria-expanded', String(!folded));
  }
  function fold() {
    const folded = !root.classList.contains('folded');
    setFolded(folded);
    if (!drawer()) localStorage.setItem(FOLDED, JSON.stringify(folded));
    (folded ? unfold : find('sources').querySelector('[data-do="fold"]')).focus({preventScroll: true});
  }
  function closeDrawer() {
    if (!drawer() || root.classList.contains('folded')) return false;
    fold();
    return true;
  }

  const place = () => setFolded(drawer() || read(FOLDED) === true);
  matchMedia(DRAWER).addEventListener('change', place);
  root.addEventListener('reader:opened', () => { if (drawer()) setFolded(true); });
  // A tap beside the open drawer closes it.
  root.addEventListener('pointerdown', (event) => {
    if (!event.target.closest('#sources, [data-do="fold"], #edit')) {
      if (drawer()) setFolded(true);
    }
  });
  place();
  changed();
  find('narrow').open = Boolean(chosen.publishers.length || chosen.since || chosen.until);

  return {
    refresh, fold, closeDrawer,
    filters: () => structuredClone(chosen),
    clear() { chosen = none(); changed(); refresh(); },
    reveal() { if (root.classList.contains('folded')) setFolded(false); },
  };
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}
