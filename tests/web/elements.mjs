// As much of a browser as the page's scripts need to be run without one: elements without looks, events, an address with its history.

export class Element {
  children = []; dataset = {}; attributes = {}; heard = {};
  hidden = false; value = ''; textContent = ''; innerHTML = ''; html = ''; isConnected = true;
  style = {setProperty() {}};
  classList = {add() {}, remove() {}, toggle() {}};
  get lastElementChild() { return this.children.at(-1); }
  get firstElementChild() { return this.children[0] ??= new Element(); }
  addEventListener(type, listener) { this.heard[type] = listener; }
  setAttribute(name, value) { this.attributes[name] = value; }
  getAttribute(name) { return this.attributes[name] ?? null; }
  append(child) { this.insertBefore(child, null); }
  insertBefore(child, next) {
    child.remove();
    this.children.splice(next ? this.children.indexOf(next) : this.children.length, 0, child);
    child.parent = this;
  }
  remove() { if (this.parent) this.parent.children = this.parent.children.filter((each) => each !== this); }
  replaceChildren() { this.children = []; }
  contains() { return false; }
  querySelector() { return null; }
  querySelectorAll() { return []; }
  getBoundingClientRect() { return {top: 0, bottom: 0}; }
  closest() { return this; }
  dispatchEvent() {}
  focus() {}
}

const elements = {};
export const find = (id) => elements[id] ??= new Element();
export const root = new Element();
export const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

const heard = {};
export const happens = (type, detail) => heard[type]({detail});
globalThis.window = {addEventListener: (type, listener) => { heard[type] = listener; }};
globalThis.document = {createElement: () => new Element()};
globalThis.sessionStorage = {getItem: () => null, setItem() {}};
globalThis.ResizeObserver = class { observe() {} };
globalThis.matchMedia = () => ({matches: false});
globalThis.CSS = {escape: (text) => text};

// The tab's history: entries, the one shown, and one of another site before them.
const entries = [{site: 'another'}, {hash: '', state: null}];
let at = 1;
export const place = () => (entries[at].site ?? entries[at].hash);
globalThis.location = {get hash() { return entries[at].hash; }, pathname: '/', search: ''};
globalThis.history = {
  get state() { return entries[at].state; },
  go(steps) {
    const from = place();
    at += steps;
    if (!entries[at].site && place() !== from) happens('hashchange');
  },
  replaceState(state, _, address) {
    entries[at].state = state;
    if (address !== undefined) entries[at].hash = address.startsWith('#') ? address : '';
  },
};

// A click on a link, as the browser goes on with it where no script prevents it.
export async function click(hash) {
  let prevented = false;
  const link = Object.assign(new Element(), {hash});
  root.heard.click({target: {closest: () => link}, preventDefault() { prevented = true; }});
  if (!prevented) {
    entries.splice(at + 1, Infinity, {hash, state: null});
    at += 1;
    happens('hashchange');
  }
  await settled();
}
