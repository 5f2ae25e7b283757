/* Speed and charge (or fuel) over time, on `[data-chart]` with `data-url`; buttons `[data-chart-range]` ask for day, week, month.

   The answer: `t` (unix seconds, ascending), `speed` (km/h, null while parked), `level` (percent, null where unknown),
   `level_name` ("Battery" or "Fuel"), `charging` ([{"from", "to", "label"}]), `timezone` (IANA), `from`, `to`,
   `summary` (words under the title). At most 10,100 points.
   `html[data-chart]` is "ready" once drawn, or "failed". */

import { color, faded, onTheme } from "commons/theme";

const root = document.documentElement;
const HEIGHT = 250;
const TABLE_ROWS = 48;

function clock(zone) {
  const time = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const day = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: zone });
  return { time: (t) => time.format(t * 1000), day: (t) => day.format(t * 1000) };
}

const highest = (values) => values.reduce((top, value) => (value > top ? value : top), 0);

function options(data, box, words) {
  const long = data.to - data.from > 2 * 86_400;
  const top = Math.max(120, Math.ceil(highest(data.speed) / 30) * 30);
  const steps = Array.from({ length: 5 }, (_, i) => Math.round((top / 4) * i));
  const axis = { stroke: color("ink3"), font: "12px Geist", ticks: { show: false }, grid: { stroke: color("line2"), width: 1 } };
  const fade = (u) => {
    const down = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + u.bbox.height);
    down.addColorStop(0, faded("speed", 0.38));
    down.addColorStop(1, faded("speed", 0));
    return down;
  };
  const points = { show: false };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [10, 4, 0, 4],
    legend: { show: false },
    tzDate: (t) => uPlot.tzDate(new Date(t * 1000), data.timezone),
    cursor: { y: false, points: { size: 8, width: 2 } },
    scales: { x: { time: true, range: [data.from, data.to] }, speed: { range: [0, top] }, level: { range: [0, 100] } },
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: 90, values: (u, at) => at.map(long ? words.day : words.time) },
      { ...axis, scale: "speed", size: 56, gap: 8, splits: () => steps, values: (u, at) => at.map((v) => (v === top ? "km/h" : v)) },
      { ...axis, scale: "level", side: 1, size: 48, gap: 8, grid: { show: false }, splits: () => [0, 25, 50, 75, 100], values: (u, at) => at.map((v) => `${v}%`) },
    ],
    series: [{}, { scale: "speed", stroke: color("speed"), width: 1.25, fill: fade, points }, { scale: "level", stroke: color("soc"), width: 2.5, points }],
    hooks: { drawClear: [(u) => bands(u, data.charging)], setCursor: [(u) => tip(u, data, words, long)] },
  };
}

/** Charging as bands behind the lines, with their words where they fit. */
function bands(u, charging) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `500 ${12 * ratio}px Geist`;
  ctx.textAlign = "center";
  for (const band of charging) {
    const left = Math.max(bbox.left, u.valToPos(band.from, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(band.to, "x", true));
    if (right <= left) continue;
    ctx.fillStyle = color("charge");
    ctx.beginPath();
    ctx.roundRect(left, bbox.top, right - left, bbox.height, 6 * ratio);
    ctx.fill();
    if (ctx.measureText(band.label).width < right - left - 8 * ratio) {
      ctx.fillStyle = color("ink2");
      ctx.fillText(band.label, (left + right) / 2, bbox.top + 18 * ratio);
    }
  }
  ctx.restore();
}

function tip(u, data, words, long) {
  let box = u.over.querySelector(".tip");
  if (!box) u.over.append((box = Object.assign(document.createElement("div"), { className: "tip" })));
  const { idx, left } = u.cursor;
  box.hidden = idx == null || left < 0;
  if (box.hidden) return;
  const at = data.t[idx];
  const speed = data.speed[idx] == null ? "parked" : `${Math.round(data.speed[idx])} km/h`;
  const level = data.level[idx] == null ? "" : ` · ${data.level[idx].toFixed(1)}%`;
  box.textContent = `${long ? `${words.day(at)}, ` : ""}${words.time(at)} · ${speed}${level}`;
  box.style.left = `${Math.max(0, Math.min(left + 14, u.over.clientWidth - box.offsetWidth - 4))}px`;
}

/** The text twin: one row per stretch, with the top speed and the level at its end. */
function table(box, data, words) {
  if (!box) return;
  const width = (data.to - data.from) / (data.to - data.from > 2 * 86_400 ? TABLE_ROWS : 24);
  const rows = new Map();
  data.t.forEach((at, i) => {
    const key = Math.floor((at - data.from) / width);
    const row = rows.get(key) ?? { speed: null, level: null };
    if (data.speed[i] != null) row.speed = Math.max(row.speed ?? 0, data.speed[i]);
    if (data.level[i] != null) row.level = data.level[i];
    rows.set(key, row);
  });
  const cells = (kind, texts) => {
    const row = document.createElement("tr");
    row.append(...texts.map((textContent) => Object.assign(document.createElement(kind), { textContent })));
    return row;
  };
  const head = document.createElement("thead");
  head.append(cells("th", ["From", "Top speed", data.level_name]));
  const body = document.createElement("tbody");
  for (const [key, row] of rows) {
    const at = data.from + key * width;
    body.append(cells("td", [`${words.day(at)}, ${words.time(at)}`, row.speed == null ? "parked" : `${Math.round(row.speed)} km/h`, row.level == null ? "unknown" : `${row.level.toFixed(0)}%`]));
  }
  const whole = Object.assign(document.createElement("table"), { className: "table num" });
  whole.append(head, body);
  box.replaceChildren(whole);
}

function say(box, words) {
  box.replaceChildren(Object.assign(document.createElement("p"), { className: "map-note", textContent: words }));
}

function begin(box) {
  const card = box.closest(".card");
  const url = new URL(box.dataset.url, location);
  let plot = null;
  let data = null;

  const redraw = () => {
    if (!data) return;
    plot?.destroy();
    box.replaceChildren();
    const words = clock(data.timezone);
    plot = new uPlot(options(data, box, words), [data.t, data.speed, data.level], box);
    root.dataset.chart = "ready";
  };
  const load = async (range) => {
    root.dataset.chart = "loading";
    url.searchParams.set("range", range);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      data = await answer.json();
      card.querySelector("[data-chart-summary]").textContent = data.summary;
      card.querySelector("[data-chart-second]").textContent = data.level_name;
      table(card.querySelector("[data-chart-table]"), data, clock(data.timezone));
      await document.fonts.load("12px Geist");
      if (data.t.length) return redraw();
      plot?.destroy();
      plot = data = null;
      say(box, "Nothing was measured in this time.");
      root.dataset.chart = "ready";
    } catch (error) {
      root.dataset.chart = "failed";
      say(box, `The chart could not be drawn: ${error.message}.`);
    }
  };

  const buttons = [...card.querySelectorAll("[data-chart-range]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", one === button);
      load(button.dataset.chartRange);
    });
  }
  onTheme(redraw);
  new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  load("day");
}

for (const box of document.querySelectorAll("[data-chart]")) begin(box);
