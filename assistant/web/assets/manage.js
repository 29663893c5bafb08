// What the reader does with a source: correct it, have it read again, take it out and bring it back.

const UNDO_MS = 10_000; // how long the line with the undo stays; the list of removed ones has it after that

export function startManage(page, sources) {
  const {root, find, call} = page;
  const dialog = find('edit'), undo = find('undo');
  let timer = 0, opener = null;

  function tell(text, label, act) {
    clearTimeout(timer);
    undo.replaceChildren(document.createTextNode(text + ' '));
    if (act) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'link';
      button.textContent = label;
      button.addEventListener('click', act);
      undo.append(button);
    }
    undo.hidden = false;
    timer = setTimeout(() => { undo.hidden = true; }, UNDO_MS);
  }

  // A button that waits for the server is not pressed twice.
  async function done(button, name, request) {
    button.disabled = true;
    const told = await call(name, request);
    button.disabled = false;
    if (told.error) tell(told.error);
    sources.refresh();
    page.live.tick();
    return told;
  }

  async function remove(button) {
    const {source, title} = button.dataset;
    const {value: kept, error} = await done(button, 'remove', {source});
    if (error) return;
    tell(`“${title}” was removed.`, 'Undo', () => bringBack(kept, title));
    undo.querySelector('button').focus({preventScroll: true});
  }

  async function bringBack(kept, title) {
    const {value, error} = await call('restore', {kept});
    tell(error ?? `“${title}” is back. ${value}`);
    sources.refresh();
    find('filter').focus({preventScroll: true});
  }

  async function restore(button) {
    const {value, error} = await done(button, 'restore', {kept: button.dataset.kept});
    if (!error) tell(`“${button.dataset.title}” is back. ${value}`);
  }

  async function reread(button) {
    const {value} = await done(button, 'reread', {source: button.dataset.source});
    if (value) tell(value);
  }

  async function edit(button) {
    const {value, error} = await call('edit_form', {source: button.dataset.source});
    if (error) { tell(error); return; }
    opener = button.dataset.source;
    dialog.innerHTML = value;
    dialog.showModal();
    dialog.querySelector('input').select();
  }

  async function save(clear) {
    const form = dialog.querySelector('form'), problem = dialog.querySelector('.error');
    const changed = [...form.querySelectorAll('input')].filter((each) => each.value.trim() !== each.dataset.was);
    if (!changed.length && !clear) { dialog.close(); return; }
    const buttons = [...form.querySelectorAll('button')];
    for (const each of buttons) each.disabled = true;
    const fields = Object.fromEntries(changed.map((each) => [each.name, each.value.trim()]));
    const {error} = await call('edit', {source: form.dataset.source, fields, clear});
    for (const each of buttons) each.disabled = false;
    problem.textContent = error ?? '';
    problem.hidden = !error;
    if (error) return;
    dialog.close();
    page.say('Saved');
    sources.refresh();
    page.live.tick();
  }

  dialog.addEventListener('submit', (event) => { event.preventDefault(); save(false); });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); }); // beside it
  dialog.addEventListener('close', () => {
    const back = [...root.querySelectorAll('[data-do="edit"]')].find((each) => each.dataset.source === opener);
    back?.focus({preventScroll: true});
  });

  async function catchUp(drop) {
    page.say('Looking at the folder');
    await call('catch_up', {drop});
    page.live.tick();
  }

  return {
    actions: {
      edit, remove, restore, reread,
      'edit-cancel': () => dialog.close(),
      'edit-clear': () => save(true),
      sync: () => catchUp(false),
      'drop-gone': () => catchUp(true),
    },
  };
}
