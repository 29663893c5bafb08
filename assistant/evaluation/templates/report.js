"use strict";
const filters = document.getElementById("filters");
const questions = [...document.querySelectorAll(".question")];

function fits(question, { show, tag, words }) {
  const { outcome, flipped, tags, words: own } = question.dataset;
  const kind = show === "" || (show === "failed" ? outcome !== "right" : show === "flipped" ? flipped : outcome === show);
  return kind && (tag === "" || tags.split("\n").includes(tag)) && words.toLowerCase().split(/\s+/).every((word) => own.includes(word));
}

function narrow() {
  const wanted = Object.fromEntries(new FormData(filters));
  let n = 0;
  for (const question of questions) {
    question.hidden = !fits(question, wanted);
    n += !question.hidden;
  }
  document.getElementById("shown").textContent = n === questions.length ? "" : `${n} of ${questions.length} questions`;
}

function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  const question = target && target.closest(".question");
  if (!question) return;
  if (question.hidden) { filters.reset(); narrow(); }
  question.open = true;
  target.scrollIntoView();
}

filters.addEventListener("input", narrow);
filters.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("unfold").addEventListener("click", ({ currentTarget }) => {
  const open = currentTarget.textContent === "Open all";
  for (const question of questions) if (!question.hidden) question.open = open;
  currentTarget.textContent = open ? "Close all" : "Open all";
});
addEventListener("hashchange", reveal);
narrow();
reveal();
