/* Light or dark without a reload, and colors of the tokens for canvas and WebGL, which cannot read CSS variables. */

const root = document.documentElement;
const probe = document.createElement("span");
probe.hidden = true;
document.head.append(probe);

/** The color of a token as the browser computed it for the theme in force. */
export function color(token) {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

/** The same color at another opacity: a fade to `transparent` would pass through gray. */
export function faded(token, alpha) {
  const parts = color(token).match(/^(\w+)\((.*)\)$/);
  const values = parts[2].split("/")[0].replaceAll(",", " ");
  return `${parts[1].replace(/a$/, "")}(${values} / ${alpha})`;
}

/** Call `redraw` after each change of theme, be it by the switch or by the system. */
export function onTheme(redraw) {
  root.addEventListener("themechange", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => root.dataset.theme || redraw());
}

/** Show a theme and remember it before the next request leaves: a reload at once must not find the old one. */
export function choose(theme) {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  root.dispatchEvent(new Event("themechange"));
}
