/* The consent matrix. A lowering is stored at once. Raises are collected in a bar and stored together when signed,
   because a select fires on each arrow key: passing from Off to Exact by keyboard must not sign three changes. */

const RANK = ["off", "statistics", "coarse", "exact"];
const WORD = { off: "Off", statistics: "Statistics", coarse: "Coarse", exact: "Exact" };
const AMOUNTS = "hide-amounts";
const matrix = () => document.getElementById("consent-matrix");
const stored = (cell) => cell.dataset.level;
const chosen = (cell) => cell.querySelector("select").value;
const pending = () => [...document.querySelectorAll(".cell.pending")];
let lowered = null; // the last lowering, until it is undone: {to, words}

function paint(cell, level) {
  cell.classList.remove(...RANK.map((one) => `lv-${one}`));
  cell.classList.add(`lv-${level}`);
  [...cell.querySelectorAll(".bars i")].forEach((bar, i) => bar.classList.toggle("on", i < RANK.indexOf(level)));
  cell.querySelector("select").value = level;
}

function showBar() {
  const bar = document.querySelector("[data-consent-bar]");
  if (!bar) return;
  const count = pending().length;
  const words = bar.querySelector("[data-consent-words]");
  bar.hidden = !count && !lowered;
  for (const name of ["review", "discard"]) bar.querySelector(`[data-consent-${name}]`).hidden = !count;
  bar.querySelector("[data-consent-undo]").hidden = count > 0 || !lowered;
  if (count) words.textContent = count === 1 ? "1 change, not yet in force." : `${count} changes, not yet in force.`;
  else if (lowered) words.textContent = `${lowered.words}: ${WORD[lowered.to]} from now on.`;
}

/** Undoing acts on the cell that was lowered last; the server knows what stood there before. */
function aimUndo(cell) {
  const form = document.querySelector("[data-consent-undo]");
  form.setAttribute("hx-target", `#${cell.id}`);
  const [union, signal] = cell.dataset.change.split("/");
  form.elements.union.value = union;
  form.elements.signal_class.value = signal;
}

function restore(cell) {
  cell.classList.remove("pending");
  paint(cell, stored(cell));
}

function propose(cell, level) {
  cell.classList.toggle("pending", level !== stored(cell));
  paint(cell, level);
  showBar();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-consent-amounts]")) return hideAmounts(event.target.checked);
  const cell = event.target.closest(".cell");
  if (!cell || !event.target.matches("select")) return;
  const level = chosen(cell);
  if (RANK.indexOf(level) >= RANK.indexOf(stored(cell))) return propose(cell, level);
  lowered = { to: level, words: cell.dataset.words };
  aimUndo(cell);
  cell.classList.remove("pending");
  htmx.trigger(cell, "lower");
});

/* An answer that is not the cell (a refusal, or none) leaves the stored level standing, and says so. */
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const cell = ctx.sourceElement;
  // A dialog that a morph strips of `open` stays modal: nothing on the page could be clicked any more.
  if (cell.matches?.("#consent-review form") && ctx.response.status < 400) document.getElementById("consent-review").close();
  if (!cell.matches?.(".cell") || ctx.response.status < 400) return;
  event.preventDefault();
  const answer = new DOMParser().parseFromString(ctx.text, "text/html");
  refuse(cell, answer.querySelector("[role=alert]")?.textContent.trim() || `The server answered ${ctx.response.status}.`);
});
document.addEventListener("htmx:error", (event) => {
  const cell = event.detail.ctx?.sourceElement;
  if (cell?.matches?.(".cell")) refuse(cell, "The server could not be reached.");
});

function refuse(cell, reason) {
  lowered = null;
  restore(cell);
  const bar = document.querySelector("[data-consent-bar]");
  bar.querySelector("[data-consent-words]").textContent = `Not changed. ${reason}`;
  for (const choice of bar.querySelectorAll(".buttons > *")) choice.hidden = true;
  bar.hidden = false;
}

document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (source.matches?.("[data-consent-undo], #consent-review form")) lowered = null;
  if (localStorage.getItem(AMOUNTS)) hideAmounts(true);
  showBar();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("consentReview" in button.dataset) review();
  if (!("consentDiscard" in button.dataset)) return;
  pending().forEach(restore);
  showBar();
});

function review() {
  const list = document.querySelector("[data-consent-list]");
  list.replaceChildren(
    ...pending().map((cell) => {
      const item = document.createElement("li");
      const name = Object.assign(document.createElement("b"), { textContent: cell.dataset.words });
      const change = Object.assign(document.createElement("span"), { textContent: `${WORD[stored(cell)]} to ${WORD[chosen(cell)]}` });
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "change", value: `${cell.dataset.change}/${chosen(cell)}` });
      item.append(name, change, field);
      return item;
    }),
  );
  document.getElementById("consent-review").showModal();
}

function hideAmounts(hidden) {
  matrix()?.classList.toggle(AMOUNTS, hidden);
  const box = matrix()?.querySelector("[data-consent-amounts]");
  if (box) box.checked = hidden;
  if (hidden) localStorage.setItem(AMOUNTS, "1");
  else localStorage.removeItem(AMOUNTS);
}
