// Questions and answers: sending, streaming in, following, copying, judging.

import {morph} from './morph.js';

const PATIENCE_MS = 10_000; // the first word of the server, that it has the question, takes 0.1 s
const DRAFT = 'assistant.draft'; // Gradio reloads the page when a lost server is back
export const LOST = 'The assistant does not answer: it was stopped, or cannot be reached. Start it again in a terminal with: assistant chat';
const AT_BOTTOM = 48; // pixels from the end that still count as being there

export function startChat(page, sources) {
  const {find, call} = page;
  const scroll = find('scroll'), turns = find('turns'), welcome = find('welcome');
  const question = find('question'), send = find('send'), problem = find('problem');
  let conversation = '', maxQuestion = 2000, busy = false;
  let asking = '', whole = false; // the conversation whose question is on its way while busy; whether its answer is all there
  let left = 0; // answers that were left behind and have not ended
  let sent = '', unheard = 0; // a question until the server has said it has it
  let down = false; // the server has not answered for a while
  let placed = null, placedAt = 0; // the turn whose question stands at the top, until the reader scrolls

  const atBottom = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < AT_BOTTOM;
  const toBottom = () => { scroll.scrollTop = scroll.scrollHeight; };
  function place(turn) {
    placed = turn;
    scroll.scrollTop += turn.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
    placedAt = scroll.scrollTop;
  }

  function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  function write(text) {
    question.value = text;
    fit();
  }

  function fit() {
    sessionStorage.setItem(DRAFT, question.value);
    question.style.height = 'auto';
    question.style.height = Math.min(question.scrollHeight, 200) + 'px';
  }

  function setBusy(now) {
    busy = now;
    send.disabled = false;
    send.classList.toggle('busy', now);
    send.setAttribute('aria-label', now ? 'Stop this answer' : 'Send the question');
    send.title = now ? 'Stop' : 'Send (Enter)';
  }

  function submit(text) {
    text = text.trim();
    if (!text) return;
    if (busy) {
      complain('An answer is on its way. Wait for it, or stop it, then send.');
      return;
    }
    if ([...text].length > maxQuestion) {
      complain(`Questions may have ${maxQuestion.toLocaleString('en')} characters; this one has ` +
        `${[...text].length.toLocaleString('en')}. Shorten it and send again.`);
      return;
    }
    complain('');
    if (text === question.value.trim()) write('');
    sessionStorage.setItem(DRAFT, text);
    setBusy(true);
    asking = conversation;
    whole = false;
    clearTimeout(unheard);
    sent = text;
    unheard = setTimeout(lost, PATIENCE_MS);
    page.ask({conversation, session: page.session, question: text, ...sources.filters()});
    page.live.tick(); // where the server is gone, this says so at once
  }

  function lost() {
    clearTimeout(unheard);
    const broken = turns.lastElementChild?.querySelector('.working');
    if (broken && !sent) sent = broken.closest('.turn').querySelector('.question').textContent;
    broken?.remove();
    setBusy(false);
    complain(LOST);
    if (sent && !question.value) write(sent);
    sent = '';
  }

  // What is asked every second was not answered, or is again.
  function reached(answers) {
    if (!answers && (!down || busy)) lost();
    if (answers && down && problem.textContent === LOST) complain('');
    down = !answers;
  }

  async function stop() {
    send.disabled = true;
    const {error} = await call('stop', {conversation: asking, session: page.session});
    if (error) lost();
  }

  // Another conversation is opened: the next question need not wait for this answer to end.
  function leave() {
    call('stop', {conversation: asking, session: page.session});
    clearTimeout(unheard);
    sent = '';
    left += 1;
    setBusy(false);
  }

  // By its number and not its place: of a conversation that goes on in another tab, this one may lack turns.
  const turnOf = (index) => [...turns.children].find((each) => Number(each.dataset.index) === index);

  function turnAt(index) {
    let turn = turnOf(index);
    if (!turn) {
      turn = document.createElement('article');
      turn.className = 'turn';
      put(turn, index);
    }
    return turn;
  }

  function put(turn, index) {
    turn.dataset.index = index;
    turn.setAttribute('aria-label', `Question ${index + 1}`);
    turns.insertBefore(turn, [...turns.children].find((each) => Number(each.dataset.index) > index) ?? null);
  }

  // The turns that were asked in another tab.
  async function catchUp() {
    const {value} = await call('begin', {conversation});
    if (value?.conversation !== conversation) return;
    value.turns.forEach((html, index) => { if (!turnOf(index)) morph(turnAt(index), html); });
    if (placed?.isConnected) place(placed);
  }

  function show(told) {
    if (told.conversation && told.conversation !== conversation) return; // of a conversation left meanwhile
    clearTimeout(unheard);
    if (sent) sessionStorage.setItem(DRAFT, question.value);
    sent = '';
    if (told.problem) { complain(told.problem); return; }
    const moved = told.done && told.shown_as !== told.index; // another tab asked meanwhile, and was answered first
    if (moved) { turnOf(told.index)?.remove(); put(turnAt(told.shown_as), told.index); }
    const fresh = !turnOf(told.index), behind = told.index > turns.children.length;
    welcome.hidden = true;
    morph(turnAt(told.index), told.html);
    // The question stands at the top and the answer grows below it; the reader scrolls on.
    if (fresh) place(turnAt(told.index));
    if (moved || fresh && behind) catchUp();
    whole = told.done;
    if (told.done) sources.refresh();
  }

  window.addEventListener('reader:ask', (event) => event.detail && show(event.detail));
  window.addEventListener('reader:ask-over', () => {
    // It says that an answer ended, not which.
    if (left && !(busy && whole)) { left -= 1; return; }
    if (sent) { lost(); return; }
    setBusy(false);
    if (problem.textContent.startsWith('An answer is on its way')) complain('');
  });

  send.addEventListener('click', () => {
    if (busy) stop();
    else submit(question.value);
  });
  question.addEventListener('input', () => { fit(); complain(''); });
  question.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(question.value);
  });
  // The conversation keeps its place at the end when the composer or the window changes size.
  let wasAtBottom = true;
  scroll.addEventListener('scroll', () => {
    wasAtBottom = atBottom();
    if (Math.abs(scroll.scrollTop - placedAt) > 2) placed = null;
  }, {passive: true});
  new ResizeObserver(() => {
    scroll.style.setProperty('--room', scroll.clientHeight + 'px');
    if (placed?.isConnected) place(placed);
    else if (wasAtBottom && turns.children.length) toBottom();
  }).observe(scroll);

  function open(told) {
    if (busy && told.conversation !== asking) leave();
    conversation = told.conversation;
    maxQuestion = told.max_question;
    welcome.innerHTML = told.welcome;
    welcome.hidden = told.turns.length > 0;
    turns.replaceChildren();
    told.turns.forEach((html, index) => morph(turnAt(index), html));
    complain('');
    write(question.value || (sessionStorage.getItem(DRAFT) ?? ''));
    scroll.style.setProperty('--room', scroll.clientHeight + 'px');
    if (told.turns.length) place(turns.lastElementChild);
    else scroll.scrollTop = 0;
    // On a touch screen focus would open the keyboard over the first screen.
    if (matchMedia('(hover: hover)').matches) question.focus({preventScroll: true});
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyByHand(text); // the clipboard API needs https or localhost
    }
    button.classList.add('did');
    page.say('Copied with footnotes');
    setTimeout(() => button.classList.remove('did'), 1600);
  }

  async function judge(button) {
    const turn = button.closest('.turn'), pressed = button.getAttribute('aria-pressed') === 'true';
    const index = Number(turn.dataset.index);
    const verdict = pressed ? null : button.dataset.verdict;
    const {value} = await call('judge', {conversation, index, verdict});
    if (!value) return;
    for (const each of turn.querySelectorAll('[data-do="judge"]')) {
      each.setAttribute('aria-pressed', String(each.dataset.verdict === verdict));
    }
    page.say(verdict ? 'Thank you, noted' : 'Taken back');
  }

  return {
    open, complain, reached, copy, judge, send: submit,
    welcomeAgain(html) { welcome.innerHTML = html; },
  };
}

function copyByHand(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
