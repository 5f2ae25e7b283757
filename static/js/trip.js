/* The graphs of one trip, from the JSON `#trip-graphs` in a fragment: one plot on each `[data-graph]`, one crosshair
   through all of them, its values in `[data-reading]`. A click puts the moment into `[data-split]`.
   `html[data-graphs]` is "ready" once drawn. */

import { color, faded, onTheme } from "commons/theme";

const root = document.documentElement;
const HEIGHT = 118;
let plots = [];

function options(graph, all, box, clock) {
  const axis = { stroke: color("ink3"), font: "11px Geist", ticks: { show: false }, grid: { stroke: color("line2"), width: 1 } };
  const known = graph.v.filter((v) => v != null);
  const low = graph.zero ? 0 : Math.min(...known);
  const high = Math.max(...known, low + 1);
  const stroke = color(graph.key === "speed" ? "speed" : "soc");
  const reading = document.querySelector(`[data-reading="${graph.key}"]`);
  const whole = reading.textContent;
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [6, 18, 0, 0],
    legend: { show: false },
    scales: { x: { time: true, range: [all.from, all.to] }, y: { range: [low, high] } },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "trip", scales: ["x", null] } },
    axes: [
      { ...axis, size: 20, space: 70, grid: { show: false }, values: (u, at) => at.map((t) => clock(t).slice(11, 16)) },
      { ...axis, size: 46, space: 34 },
    ],
    series: [{}, { stroke, width: 1.5, points: { show: false }, fill: graph.zero ? faded(graph.key === "speed" ? "speed" : "soc", 0.12) : undefined }],
    hooks: {
      setCursor: [
        (u) => {
          const { idx, left } = u.cursor;
          const value = left < 0 || idx == null ? undefined : graph.v[idx];
          reading.textContent = value == null ? whole : `${clock(graph.t[idx]).slice(11)} · ${value.toFixed(graph.digits)} ${graph.unit}`;
        },
      ],
      ready: [
        (u) =>
          u.over.addEventListener("click", () => {
            const field = document.querySelector("[data-split]");
            if (!field) return;
            field.value = clock(Math.round(u.posToVal(u.cursor.left, "x")));
            field.dispatchEvent(new Event("change", { bubbles: true }));
          }),
      ],
    },
  };
}

function draw() {
  const told = document.getElementById("trip-graphs");
  if (!told) return;
  for (const plot of plots) plot.destroy();
  const all = JSON.parse(told.textContent);
  const words = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: all.timezone });
  const clock = (t) => words.format(t * 1000).replace(" ", "T");
  plots = all.graphs.map((graph) => {
    const box = document.querySelector(`[data-graph="${graph.key}"]`);
    return new uPlot(options(graph, all, box, clock), [graph.t, graph.v], box);
  });
  root.dataset.graphs = "ready";
}

let width = 0;
new ResizeObserver(() => {
  if (width === innerWidth) return;
  width = innerWidth;
  for (const plot of plots) plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT });
}).observe(document.body);
document.addEventListener("htmx:after:swap", () => document.querySelector("[data-graph]:empty") && draw());
onTheme(draw);
draw();
