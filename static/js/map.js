/* The map of trips, and of what buyers see. One module for every `[data-map]`:

   <div class="map" data-map data-worker="…/maplibre-gl-worker.mjs" data-url="trips" data-buyers-url="hexagons" data-basemap-url="…">

   `data-url` answers a FeatureCollection of LineStrings with properties `id`, `label` (when it was), `distance_km`,
   `url`, and on the latest trip `speeds` (km/h, one per position); beside `features`: `latest` (id), `summary` (words),
   `zones` ([{"center": [lon, lat], "radius_m", "label"}], dashed circles in every view) and `note` (why nothing is drawn).
   With `data-pick` it is drawn without features too, and tells of itself by "map:drawn": `map`, and `replace(collection)`.
   `data-buyers-url` answers a FeatureCollection of Polygons with `passes` (number) and `withheld` (boolean), and `summary`.
   `data-basemap-url` answers features with `kind` road (`class`, `order`), water, park or label (`name`, `of`).
   Buttons `[data-map-view]` in the same card switch; `html[data-map]` is "idle" once drawn, or "failed". */

import { color, onTheme } from "commons/theme";

const NONE = { type: "FeatureCollection", features: [] };
const MINE = ["trips-glow", "trips", "latest-casing", "latest"];
const BUYERS = ["hexes", "hex-edges"];
const root = document.documentElement;
const ROADS = { minor: 1.8, mid: 2.8, major: 3.6, motorway: 4.6 };

async function read(url) {
  if (!url) return NONE;
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

/** The latest trip as one piece per pair of positions, so that each has its speed. */
function pieces(trips) {
  const latest = trips.features.find((trip) => trip.properties.id === trips.latest && trip.properties.speeds);
  if (!latest) return NONE;
  const at = latest.geometry.coordinates;
  const speeds = latest.properties.speeds;
  return {
    type: "FeatureCollection",
    features: at.slice(1).map((to, i) => ({
      type: "Feature",
      properties: { speed: speeds[i + 1] ?? speeds[i] ?? 0 },
      geometry: { type: "LineString", coordinates: [at[i], to] },
    })),
  };
}

/** Circles on the ground. */
function circles(zones = []) {
  const features = zones.map(({ center: [lon, lat], radius_m: radius }) => {
    const ring = Array.from({ length: 65 }, (_, i) => {
      const turn = (i / 64) * 2 * Math.PI;
      const north = (radius / 111_320) * Math.sin(turn);
      const east = (radius / (111_320 * Math.cos((lat * Math.PI) / 180))) * Math.cos(turn);
      return [lon + east, lat + north];
    });
    return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
  });
  return { type: "FeatureCollection", features };
}

const positions = (geometry) => (typeof geometry.coordinates[0] === "number" ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 0));

/** Where most of it happened: one long drive does not shrink all the others to a dot. */
function extent(collection) {
  const all = collection.features.flatMap((feature) => positions(feature.geometry));
  const most = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const cut = collection.features.length > 5 ? Math.floor(sorted.length * 0.03) : 0;
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  };
  const [west, east] = most(all.map((at) => at[0]));
  const [south, north] = most(all.map((at) => at[1]));
  return [[west, south], [east, north]];
}

function road(name, width) {
  const at = (base, plus) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, width * 0.3 + plus * 0.3, 13, width + plus, 16, width * 4 + plus];
  const common = { type: "line", source: "base", filter: ["==", ["get", "class"], name], layout: { "line-cap": "round", "line-join": "round" } };
  const fill = { minor: "m-minor", mid: "m-mid", major: "m-major", motorway: "m-motorway" }[name];
  return [
    { ...common, id: `${name}-casing`, paint: { "line-color": color("m-casing"), "line-width": at(width, 1.6) } },
    { ...common, id: name, paint: { "line-color": color(fill), "line-width": at(width, 0) } },
  ];
}

function layers() {
  const round = { "line-cap": "round", "line-join": "round" };
  const roads = Object.entries(ROADS).map(([name, width]) => road(name, width));
  return [
    { id: "land", type: "background", paint: { "background-color": color("m-land") } },
    { id: "park", type: "fill", source: "base", filter: ["==", ["get", "kind"], "park"], paint: { "fill-color": color("m-park") } },
    { id: "water", type: "fill", source: "base", filter: ["==", ["get", "kind"], "water"], paint: { "fill-color": color("m-water") } },
    ...roads.map((pair) => pair[0]),
    ...roads.map((pair) => pair[1]),
    {
      id: "hexes",
      type: "fill",
      source: "hexes",
      paint: {
        "fill-color": ["case", ["get", "withheld"], color("m-text"), color("m-trip")],
        "fill-opacity": ["case", ["get", "withheld"], 0.18, ["interpolate", ["linear"], ["get", "passes"], 1, 0.3, 20, 0.72]],
      },
    },
    { id: "hex-edges", type: "line", source: "hexes", paint: { "line-color": color("m-halo"), "line-width": 1.5 } },
    { id: "trips-glow", type: "line", source: "trips", layout: round, paint: { "line-color": color("m-trip"), "line-opacity": 0.07, "line-width": 9, "line-blur": 5 } },
    { id: "trips", type: "line", source: "trips", layout: round, paint: { "line-color": color("m-trip"), "line-opacity": 0.42, "line-width": 2 } },
    { id: "latest-casing", type: "line", source: "latest", layout: round, paint: { "line-color": color("m-halo"), "line-width": 8 } },
    {
      id: "latest",
      type: "line",
      source: "latest",
      layout: round,
      paint: { "line-width": 4.5, "line-color": ["interpolate", ["linear"], ["get", "speed"], 22, "#1f9d8b", 44, "#e9b949", 66, "#e4572e"] },
    },
    { id: "home-fill", type: "fill", source: "home", paint: { "fill-color": color("m-text"), "fill-opacity": 0.16 } },
    { id: "home", type: "line", source: "home", paint: { "line-color": color("m-text"), "line-width": 1.5, "line-dasharray": [2, 2] } },
    {
      id: "labels",
      type: "symbol",
      source: "base",
      filter: ["==", ["get", "kind"], "label"],
      layout: { "text-field": ["get", "name"], "text-font": ["Geist"], "text-size": ["case", ["==", ["get", "of"], "water"], 12.5, 11.5], "text-letter-spacing": 0.03 },
      paint: { "text-color": color("m-text"), "text-halo-color": color("m-halo"), "text-halo-width": 1.6 },
    },
  ];
}

const source = (data) => ({ type: "geojson", data, tolerance: 0.2 });

function list(box, trips) {
  if (!box) return;
  const items = trips.features.map(({ properties }) => {
    const item = document.createElement("li");
    const name = document.createElement(properties.url ? "a" : "span");
    if (properties.url) name.href = properties.url;
    name.textContent = properties.label;
    item.append(name, ` · ${properties.distance_km.toFixed(1)} km`);
    return item;
  });
  const whole = document.createElement("ul");
  whole.append(...items);
  box.replaceChildren(items.length ? whole : "No trips yet.");
}

function note(box, words) {
  const text = Object.assign(document.createElement("p"), { className: "map-note", textContent: words });
  box.append(text);
}

async function draw(box) {
  const card = box.closest(".card");
  let [mine, base] = await Promise.all([read(box.dataset.url), read(box.dataset.basemapUrl)]);
  const summary = document.createElement("span");
  card.querySelector("[data-map-summary]")?.prepend(summary);
  summary.textContent = mine.summary ?? "";
  list(card.querySelector("[data-map-list]"), mine);
  for (const entry of card.querySelectorAll("[data-map-home]")) entry.hidden = !mine.zones?.length;

  const picks = "pick" in box.dataset;
  if (!mine.features.length && !picks) {
    for (const entry of card.querySelectorAll(".seg, .legend")) entry.hidden = true;
    note(box, mine.note || "No trips this month.");
    root.dataset.map = "idle";
    return;
  }

  const maplibre = await import("maplibre-gl");
  maplibre.setWorkerUrl(new URL(box.dataset.worker, location).href);
  await document.fonts.load("500 16px Geist");
  const areas = "areas" in box.dataset;
  let hexes = areas ? mine : NONE;
  const style = () => ({
    version: 8,
    sources: { base: source(base), trips: source(mine), latest: source(pieces(mine)), home: source(circles(mine.zones)), hexes: source(hexes) },
    layers: layers(),
  });
  const map = new maplibre.Map({
    container: box,
    style: style(),
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    bounds: [mine, circles(mine.zones), base].filter((some) => some.features.length).map(extent)[0] ?? [[-160, -55], [170, 70]],
    fitBoundsOptions: { padding: 26, maxZoom: 15 },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.scrollZoom.disable();
  map.getCanvas().setAttribute("aria-label", "Drawn map; arrow keys move it, plus and minus zoom");

  const pins = [];
  const pin = (at, words, kind) => {
    const element = Object.assign(document.createElement("div"), { className: `pin ${kind}`, textContent: words });
    pins.push(element);
    new maplibre.Marker({ element }).setLngLat(at).addTo(map);
  };
  if (!picks) for (const zone of mine.zones ?? []) pin(zone.center, zone.label, "home");
  const latest = mine.latest && mine.features.find((trip) => trip.properties.id === mine.latest);
  if (latest) pin(latest.geometry.coordinates.at(-1), "", "end");

  let view = areas ? "buyers" : "mine";
  const show = () => {
    for (const id of MINE) map.setLayoutProperty(id, "visibility", view === "mine" ? "visible" : "none");
    for (const id of BUYERS) map.setLayoutProperty(id, "visibility", view === "buyers" ? "visible" : "none");
    for (const element of pins) element.hidden = view !== "mine" && !element.classList.contains("home");
    root.dataset.map = "drawing";
    map.once("idle", () => (root.dataset.map = "idle"));
  };
  map.once("load", show);
  if (picks) {
    const replace = (next) => {
      mine = next;
      summary.textContent = mine.summary;
      map.getSource("trips").setData(mine);
      map.getSource("home").setData(circles(mine.zones));
    };
    map.once("load", () => box.dispatchEvent(new CustomEvent("map:drawn", { detail: { map, replace } })));
  }
  onTheme(() => {
    map.setStyle(style(), { diff: false });
    map.once("style.load", show);
  });

  const buttons = [...card.querySelectorAll("[data-map-view]")];
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      try {
        if (button.dataset.mapView === "buyers" && hexes === NONE) {
          hexes = await read(box.dataset.buyersUrl);
          map.getSource("hexes").setData(hexes);
        }
        view = card.dataset.view = button.dataset.mapView;
        for (const one of buttons) one.setAttribute("aria-pressed", one === button);
        summary.textContent = (view === "mine" ? mine : hexes).summary ?? "";
        show();
      } catch (error) {
        note(box, `What buyers see could not be loaded: ${error.message}.`);
      }
    });
  }
}

/* After the first paint: the page is readable before its largest library arrives. */
for (const box of document.querySelectorAll("[data-map]")) {
  requestAnimationFrame(() =>
    setTimeout(() =>
      draw(box).catch((error) => {
        root.dataset.map = "failed";
        note(box, `The map could not be drawn: ${error.message}. Your trips are in the list below.`);
      }),
    ),
  );
}
