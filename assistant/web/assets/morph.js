// Bring an element's content to new HTML by touching only what differs, place by place, so that
// what is already on the page keeps its position, its focus and the reader's selection.

export function morph(element, html) {
  const wanted = document.createElement('template');
  wanted.innerHTML = html;
  children(element, wanted.content);
}

function children(element, wanted) {
  const now = [...element.childNodes], then = [...wanted.childNodes];
  then.forEach((node, place) => {
    // What has a key goes along with it, wherever it stands now, and makes way for what comes before it.
    const key = keyOf(node), at = key ? now.findIndex((each, n) => n > place && keyOf(each) === key) : -1;
    if (at >= 0) {
      element.insertBefore(now[at], now[place]);
      now.splice(place, 0, ...now.splice(at, 1));
    }
    const old = now[place], held = keyOf(old);
    if (held && held !== key && then.some((each, n) => n > place && keyOf(each) === held)) {
      element.insertBefore(node, old);
      now.splice(place, 0, node);
      return;
    }
    if (!old) element.append(node);
    else if (alike(old, node)) update(old, node);
    else old.replaceWith(node);
  });
  now.slice(then.length).forEach((node) => node.remove());
}

const keyOf = (node) => node?.dataset?.key;

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName &&
    (one.nodeType !== Node.ELEMENT_NODE ||
      (one.className === other.className && one.dataset.key === other.dataset.key));
}

function update(old, node) {
  if (old.isEqualNode(node) && !old.querySelector?.('input') && old.nodeName !== 'INPUT') return;
  if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = node.nodeValue; return; }
  for (const {name} of [...old.attributes]) {
    if (!node.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  }
  for (const {name, value} of [...node.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.nodeName === 'INPUT') old.checked = node.checked;
  children(old, node);
}
