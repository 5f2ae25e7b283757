/* What every page needs: the theme's switch, dialogs, copying, messages, and fragments that fail. */

import { choose } from "commons/theme";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-switch]");
  if (!form) return;
  event.preventDefault();
  choose(event.submitter.value);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  else if ("closes" in button.dataset) button.closest("dialog").close();
  else if ("dismiss" in button.dataset) button.closest(".notice").remove();
  else if ("copies" in button.dataset) copy(button);
});

async function copy(button) {
  const text = button.parentElement.querySelector("code").textContent;
  const label = button.getAttribute("aria-label");
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    say("Press Ctrl+C to copy what is marked.");
  }
  button.setAttribute("aria-label", label);
}

/** A short message that goes by itself and is read out. */
function say(words) {
  let region = document.getElementById("said");
  if (!region) {
    region = Object.assign(document.createElement("div"), { id: "said", className: "toasts" });
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  const note = Object.assign(document.createElement("div"), { className: "notice ok", textContent: words });
  region.replaceChildren(note);
  setTimeout(() => note.remove(), 4000);
}

/* A session that ended answers a fragment with the sign-in page; go there instead of drawing it into a card. */
document.addEventListener("htmx:after:request", (event) => {
  const { raw } = event.detail.ctx.response;
  if (raw.redirected && new URL(raw.url).pathname.startsWith("/account/")) {
    event.preventDefault();
    location.assign(raw.url);
  }
});

/* An answer of any size that is a whole page does not belong into a part of one. */
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status >= 400 && /<html[\s>]/i.test(ctx.text ?? "")) {
    event.preventDefault();
    fail(ctx.sourceElement, `The server answered ${ctx.response.status}.`);
  }
});

document.addEventListener("htmx:error", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (source) fail(source, "The server could not be reached.");
});

function fail(element, reason) {
  if (!element.matches("[data-slot]")) return say(reason);
  const box = document.createElement("div");
  box.className = "notice bad";
  box.setAttribute("role", "alert");
  const again = Object.assign(document.createElement("button"), { className: "btn", type: "button", textContent: "Try again" });
  again.addEventListener("click", () => location.reload());
  box.append(Object.assign(document.createElement("div"), { textContent: `This part could not be loaded. ${reason}` }), again);
  element.replaceChildren(box);
}

/* Close the sheet of places after one was chosen on the same page. */
document.getElementById("more")?.addEventListener("click", (event) => {
  if (event.target.closest("a")) event.currentTarget.hidePopover();
});

/* A table too wide for its place can be scrolled by keyboard as well; the others are no stop for the Tab key. */
const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
const watchTables = () => document.querySelectorAll(".table-wrap").forEach((wrap) => reachable.observe(wrap));
document.addEventListener("htmx:after:swap", watchTables);
watchTables();
