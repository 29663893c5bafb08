// Files and folders from the reader's machine into the sources, by button or drop, one request each. What becomes of them is
// told by the server; only how far each is sent is known here.

import {morph} from './morph.js';

const AT_ONCE = 2; // files on their way at the same time

export function startUpload(page, sources) {
  const {root, find, call} = page;
  const input = find('files'), folderInput = find('folder-files'), uploads = find('uploads');
  const dropping = find('dropping'), address = find('address'), problem = find('add-problem');
  const sent = new Map(); // by upload and row, how much of a file is sent, 0 to 1

  function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  // `files`: pairs of a file and its path.
  async function take(files) {
    if (!files.length) return;
    complain('');
    sources.reveal();
    const {value, error} = await call('plan', {session: page.session, files: files.map(([file, name]) => ({name, size: file.size}))});
    if (error) { complain(error); return; }
    page.live.tick();
    const {upload, wanted} = value;
    const waiting = [...wanted];
    const next = async () => {
      while (waiting.length) {
        const row = waiting.shift(), [file, name] = files[row], key = `${upload} ${row}`;
        const told = await send(file, name, upload, (part) => { sent.set(key, part); paint(); });
        sent.delete(key);
        const {error} = await call('upload', {
          what: told.token ? 'received' : 'lost', upload, row, token: told.token, reason: told.error,
        });
        if (error) complain(error);
      }
    };
    await Promise.all(Array.from({length: AT_ONCE}, next));
    page.live.tick();
  }

  function send(file, name, upload, progress) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open('POST', '/upload?' + new URLSearchParams({name, upload}));
      request.responseType = 'json';
      request.upload.onprogress = (event) => progress(event.loaded / (event.total || 1));
      request.onload = () => resolve(request.response?.token ? request.response
        : {error: request.response?.error ?? `The upload failed (${request.status}).`});
      request.onerror = () => resolve({error: 'It could not be read or sent. Add it again.'});
      request.send(file);
    });
  }

  function paint() {
    for (const [key, part] of sent) {
      const [upload, row] = key.split(' ');
      const cell = uploads.querySelector(`[data-upload="${upload}"] .sending [data-row="${row}"]`);
      if (cell) cell.textContent = `Sending, ${Math.round(100 * part)} %`;
    }
  }

  function show(html) {
    const busy = uploads.querySelector('progress') !== null;
    const inside = uploads.contains(document.activeElement);
    const [latest, n] = state();
    morph(uploads, html);
    paint();
    const [newest, asked] = state();
    // What is new, or wants a decision now, is brought into view; what was there already stays where it is.
    if (newest && newest !== latest) inView(uploads.querySelector('.upload'));
    if (asked > n) inView(uploads.querySelector('.taken'));
    if (inside && !uploads.contains(document.activeElement)) find('filter').focus({preventScroll: true});
    if (busy && !uploads.querySelector('progress')) {
      page.say('Done: ' + summary());
      sources.refresh();
    }
  }

  const state = () => [uploads.querySelector('.upload')?.dataset.upload, uploads.querySelectorAll('.taken').length];

  function inView(part) {
    const box = part.getBoundingClientRect(), {top, bottom} = uploads.parentElement.getBoundingClientRect();
    if (box.top < top || Math.min(box.bottom, box.top + 160) > bottom) part.scrollIntoView({block: 'start'});
  }

  function summary() {
    const words = [['added', 'added'], ['changed', 'changed'], ['failed', 'not added'], ['taken', 'with a name that is taken']];
    const counts = words.map(([name, word]) => [uploads.querySelectorAll('.report .' + name).length, word]);
    return counts.filter(([n]) => n).map(([n, word]) => `${n} ${word}`).join(', ') || 'nothing new';
  }

  for (const [field, path] of [[input, (file) => file.name], [folderInput, (file) => file.webkitRelativePath || file.name]]) {
    field.addEventListener('change', () => {
      const files = [...field.files].map((file) => [file, path(file)]);
      field.value = '';
      take(files);
    });
  }

  // No form: nothing of this page is ever submitted, and what a source may smuggle in is told by its tag.
  async function addPage() {
    const {error} = await call('add_page', {session: page.session, address: address.value});
    complain(error ?? '');
    if (error) return;
    address.value = '';
    page.live.tick();
  }
  address.addEventListener('keydown', (event) => { if (event.key === 'Enter') addPage(); });

  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  window.addEventListener('dragenter', (event) => {
    if (carriesFiles(event)) dropping.hidden = false;
  });
  window.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) dropping.hidden = true;
  });
  window.addEventListener('dragover', (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  window.addEventListener('drop', async (event) => {
    dropping.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    // Before anything is waited for: the list is emptied when this handler yields.
    const items = [...event.dataTransfer.items].filter((item) => item.kind === 'file')
      .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    const found = [];
    for (const item of items) if (item) await gather(item, found);
    take(found);
  });

  async function act(what, button, more = {}) {
    const {upload} = button.closest('[data-upload]').dataset;
    const {error} = await call('upload', {what, upload, ...more});
    complain(error ?? '');
    page.live.tick();
  }

  return {
    show,
    actions: {
      pick: () => input.click(),
      'add-page': addPage,
      'pick-folder': () => folderInput.click(),
      'undo-upload': (button) => act('undo', button),
      'close-upload': (button) => act('close', button),
      // What wants a decision stays.
      'close-uploads': () => Promise.all([...uploads.querySelectorAll('.upload')].filter((each) => !each.querySelector('.taken'))
        .map((each) => act('close', each))),
      settle: (button) => act(button.dataset.way, button, {row: Number(button.closest('[data-row]').dataset.row)}),
    },
  };
}

// The files of something dropped, with their paths; a folder's in all its folders.
async function gather(entry, found) {
  if (entry instanceof File) { found.push([entry, entry.name]); return; }
  if (entry.isFile) {
    const file = await new Promise((resolve) => { entry.file(resolve, () => resolve(null)); });
    if (file) found.push([file, entry.fullPath.replace(/^\//, '')]);
    return;
  }
  const reader = entry.createReader();
  for (;;) { // at most 100 at a time
    const inside = await new Promise((resolve) => { reader.readEntries(resolve, () => resolve([])); });
    if (!inside.length) return;
    for (const each of inside) await gather(each, found);
  }
}
