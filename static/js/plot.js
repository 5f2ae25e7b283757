/* Small plots one below the other over one time axis, on `[data-plot]` with `data-url`; the page holds their table, or is given it.

   The answer: `t` (unix seconds, ascending), `timezone` (IANA), `days` (true: the axis shows days), `plots`: each `title`,
   `unit`, `color` (a token), `values` (null: a gap), and if wanted `dots`, `bars`, `fill`, `low`, `high`, and `band`: its lower
   and upper values and the line between them; if wanted `height` of each, and `empty`, the words where `t` is. With `names`,
   `t` counts from 0 and each step has a name instead of a moment. A `[data-plot-table]`
   in the same card is filled with the values. `html[data-plot]` is "ready" once drawn, or "failed". */

import { color, faded, onTheme } from "commons/theme";

const root = document.documentElement;
const HEIGHT = 150;

function formats({ timezone: zone, days, names }) {
  if (names) return { axis: (t) => names[t] ?? "", whole: (t) => names[t] };
  const show = days ? { year: "numeric", month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const whole = new Intl.DateTimeFormat("en-US", { ...show, timeZone: zone });
  const axis = days ? new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: zone }) : whole;
  return { axis: (t) => axis.format(t * 1000), whole: (t) => whole.format(t * 1000) };
}

function options(data, plot, box, words, shown) {
  const axis = { stroke: color("ink3"), font: "12px Geist", ticks: { show: false }, grid: { stroke: color("line2"), width: 1 } };
  const edge = { stroke: "transparent", points: { show: false }, spanGaps: true };
  const main = {
    stroke: plot.dots || plot.bars ? undefined : color(plot.color),
    width: 2,
    fill: plot.bars ? color(plot.color) : plot.fill ? faded(plot.color, 0.16) : undefined,
    paths: plot.bars ? uPlot.paths.bars({ size: [0.6, 64] }) : undefined,
    points: { show: Boolean(plot.dots), size: 6, stroke: color(plot.color), fill: color(plot.color) },
  };
  const line = { stroke: color(plot.color), width: 2, spanGaps: true, points: { show: false } };
  const room = (low, high) => Math.max(high - low, plot.unit === "bar" ? 0.5 : 1) * 0.3;
  const range = (u, low, high) => [plot.low ?? low - room(low, high), plot.high ?? high + room(low, high)];
  return {
    width: box.clientWidth,
    height: data.height ?? HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    tzDate: (t) => uPlot.tzDate(new Date(t * 1000), data.timezone),
    cursor: { y: false, points: { size: 8, width: 2 } },
    scales: { x: data.names ? { time: false, range: (u, low, high) => [low - 0.5, high + 0.5] } : { time: true }, y: { range } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: data.names ? 60 : 90, incrs: data.names && [1, 2, 5, 10], values: (u, at) => at.map(words.axis) },
      { ...axis, size: 52, gap: 6, values: (u, at) => at.map((v) => +v.toFixed(2)) },
    ],
    series: plot.band ? [{}, main, edge, edge, line] : [{}, main],
    bands: plot.band ? [{ series: [3, 2], fill: faded(plot.color, 0.16) }] : [],
    hooks: { setCursor: [(u) => { shown.textContent = said(u, data, plot, words); }] },
  };
}

/** The value under the pointer, else the name of the plot alone. */
function said(u, data, plot, words) {
  const { idx, left } = u.cursor;
  if (idx == null || left < 0) return plot.unit;
  const value = plot.values[idx] ?? plot.band?.[2][idx];
  return value == null ? plot.unit : `${words.whole(data.t[idx])}: ${value.toFixed(1)} ${plot.unit}`;
}

function table(box, data) {
  if (!box) return;
  const words = formats(data);
  const cells = (kind, texts) => {
    const row = document.createElement("tr");
    row.append(...texts.map((textContent) => Object.assign(document.createElement(kind), { textContent })));
    return row;
  };
  const whole = Object.assign(document.createElement("table"), { className: "table num" });
  whole.createTHead().append(cells("th", ["When", ...data.plots.map((plot) => `${plot.title}, ${plot.unit}`)]));
  const told = (value) => (value == null ? "not told" : value.toFixed(1));
  whole.createTBody().append(...data.t.map((t, i) => cells("td", [words.whole(t), ...data.plots.map((plot) => told(plot.values[i]))])));
  box.replaceChildren(whole);
}

function begin(box) {
  let data = null;
  let plots = [];

  const fit = () => plots.forEach((plot) => plot.setSize({ width: plot.root.parentNode.clientWidth, height: plot.height }));
  const redraw = () => {
    if (!data?.t.length) return;
    plots.forEach((plot) => plot.destroy());
    box.replaceChildren();
    const words = formats(data);
    const parts = data.plots.map(() => document.createElement("div"));
    box.append(...parts);
    plots = data.plots.map((plot, number) => {
      const part = parts[number];
      const name = Object.assign(document.createElement("p"), { className: "plot-name num" });
      const shown = Object.assign(document.createElement("span"), { textContent: plot.unit });
      name.append(Object.assign(document.createElement("b"), { textContent: plot.title }), " ", shown);
      part.append(name);
      return new uPlot(options(data, plot, part, words, shown), [data.t, plot.values, ...(plot.band ?? [])], part);
    });
  };
  const say = (textContent) => box.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent }));
  const load = async () => {
    try {
      const answer = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      data = await answer.json();
      await document.fonts.load("12px Geist");
      if (data.t.length) redraw();
      else say(data.empty ?? "Nothing was told.");
      table(box.closest(".card").querySelector("[data-plot-table]"), data);
      root.dataset.plot = "ready";
    } catch (error) {
      root.dataset.plot = "failed";
      say(`The plot could not be drawn: ${error.message}.`);
    }
  };
  onTheme(redraw);
  new ResizeObserver(fit).observe(box);
  load();
}

for (const box of document.querySelectorAll("[data-plot]:not(html)")) begin(box);
