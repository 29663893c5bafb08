// Files from the reader's machine into the sources, by button or drop, one request each.

export function startUpload(page, sources, chat) {
  const {root, find} = page;
  const input = find('files'), adding = find('adding'), report = find('report');
  const what = adding.querySelector('p'), bar = adding.querySelector('progress');
  const dropping = find('dropping');
  let maxBytes = Infinity, busy = false;

  function progress(text, value) {
    adding.hidden = false;
    if (what.textContent !== text) what.textContent = text;
    if (value === null) bar.removeAttribute('value'); else bar.value = value;
  }

  async function take(files) {
    files = [...files];
    if (!files.length) return;
    if (busy) { page.say('Files are still being added. Wait a moment, then add more.'); return; }
    busy = true;
    sources.reveal();
    report.replaceChildren();
    const refused = [], tokens = [];
    const size = files.reduce((sum, file) => sum + file.size, 0) || 1;
    let before = 0, lost = 0;
    for (const file of files) {
      progress(`Uploading ${file.name}`, before / size);
      const told = await send(file, (sent) => { bar.value = (before + sent) / size; });
      if (told.token) tokens.push(told.token);
      else refused.push({name: file.name, reason: told.error});
      lost += Boolean(told.lost);
      before += file.size;
    }
    if (lost === files.length) {
      progress('The assistant does not answer. Is it still running?', 0);
      busy = false;
      return;
    }
    progress('Reading', null);
    page.take({tokens, refused});
  }

  function send(file, sent) {
    if (file.size > maxBytes) {
      const mb = (bytes) => Math.max(1, Math.round(bytes / 1048576));
      return {error: `${mb(file.size)} MB, and this page takes files of up to ${mb(maxBytes)} MB.`};
    }
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open('POST', '/upload?name=' + encodeURIComponent(file.name));
      request.responseType = 'json';
      request.upload.onprogress = (event) => sent(event.loaded);
      request.onload = () => resolve(request.response?.token ? request.response
        : {error: request.response?.error ?? `The upload failed (${request.status}).`});
      // Also what a browser says of a folder that was dropped.
      request.onerror = () => resolve({error: 'It could not be read or sent.', lost: true});
      request.send(file);
    });
  }

  window.addEventListener('reader:take', ({detail}) => {
    if (!detail) return;
    if (detail.report === undefined) {
      const count = detail.total > 1 ? ` (${detail.done} of ${detail.total})` : '';
      progress(`Reading ${detail.what}${count}`, detail.total ? detail.done / detail.total : null);
      return;
    }
    report.innerHTML = detail.report;
    if (detail.welcome) chat.welcomeAgain(detail.welcome);
    sources.refresh();
  });
  window.addEventListener('reader:take-over', () => { busy = false; adding.hidden = true; });

  input.addEventListener('change', async () => {
    await take(input.files);
    input.value = '';
  });

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
  window.addEventListener('drop', (event) => {
    dropping.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });

  return {
    pick: () => input.click(),
    limit: (bytes) => { maxBytes = bytes; },
    hush() { report.replaceChildren(); find('filter').focus(); },
    sync() {
      if (busy) return;
      busy = true;
      report.replaceChildren();
      progress('Looking at the folder', null);
      page.take({sync: true});
    },
  };
}
