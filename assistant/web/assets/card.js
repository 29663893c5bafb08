// The small card beside a citation that is hovered or focused: who, when, and the quoted words.

const LONGEST = 320; // characters of a quote; the article has the rest

export function startCard(page) {
  const {root, find} = page;
  const card = find('card');
  let owner = null, timer = 0;

  function part(className, text) {
    const line = document.createElement('p');
    line.className = className;
    line.textContent = text;
    return line;
  }

  function show(pill) {
    const {who, when, page: onPage, quote, also} = pill.dataset;
    const short = quote.length > LONGEST ? quote.slice(0, LONGEST).replace(/\s+\S*$/, '') + ' …' : quote;
    const lines = [part('byline', [who, when, onPage && `p. ${onPage}`].filter(Boolean).join(', ')), part('quote', short)];
    if (also) lines.push(part('meta', `The same words stand in ${also} other place${also === '1' ? '' : 's'}.`));
    card.replaceChildren(...lines);
    card.hidden = false;
    owner = pill;
    pill.setAttribute('aria-describedby', 'card');
    const at = pill.getBoundingClientRect(), size = card.getBoundingClientRect();
    const left = Math.min(Math.max(12, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 12);
    const above = at.top - size.height - 8;
    card.style.left = left + 'px';
    card.style.top = (above > 8 ? above : at.bottom + 8) + 'px';
  }

  function hide() {
    clearTimeout(timer);
    owner?.removeAttribute('aria-describedby');
    owner = null;
    card.hidden = true;
  }

  const pillOf = (event) => event.target.closest?.('a.cite');
  root.addEventListener('pointerover', (event) => {
    const pill = pillOf(event);
    if (!pill || event.pointerType === 'touch') return;
    clearTimeout(timer);
    timer = setTimeout(() => show(pill), owner ? 0 : 120);
  });
  root.addEventListener('pointerout', (event) => {
    if (!pillOf(event) || card.contains(event.relatedTarget)) return;
    clearTimeout(timer);
    timer = setTimeout(hide, 120);
  });
  // The pointer may rest on the card itself, to read or select the quote (WCAG 1.4.13).
  card.addEventListener('pointerenter', () => clearTimeout(timer));
  card.addEventListener('pointerleave', hide);
  root.addEventListener('focusin', (event) => {
    const pill = pillOf(event);
    if (pill?.matches(':focus-visible') && !page.returning) show(pill);
  });
  root.addEventListener('focusout', (event) => pillOf(event) && hide());
  root.addEventListener('scroll', hide, true);
  root.addEventListener('click', hide);
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || card.hidden) return;
    hide();
    event.preventDefault();
  }, true);
}
