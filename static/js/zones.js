/* Drawing a privacy zone: a press on the map fills in the place, and the page asks for the circle that others would see.
   `<form data-zone data-preview="…">` beside a `[data-map][data-pick]`; without this module the form works all the same. */

for (const form of document.querySelectorAll("[data-zone]")) {
  const box = document.querySelector("[data-map][data-pick]");
  const said = form.querySelector("[data-zone-said]");
  const { lat, lon, trip, radius_m: radius, vehicle } = form.elements;
  box?.addEventListener("map:drawn", ({ detail: { map, replace } }) => {
    const preview = async () => {
      if (!trip.value && !(lat.value && lon.value)) return;
      try {
        const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
        const told = await answer.json();
        said.textContent = answer.ok ? form.dataset.shown : told.detail;
        if (!answer.ok) return;
        replace(told);
        const [x, y] = told.zones.at(-1).center;
        if (!map.getBounds().contains([x, y])) map.jumpTo({ center: [x, y], zoom: 12 });
      } catch (error) {
        said.textContent = form.dataset.failed;
      }
    };
    map.on("click", ({ lngLat }) => {
      const at = lngLat.wrap();
      [lat.value, lon.value, trip.value] = [at.lat.toFixed(5), at.lng.toFixed(5), ""];
      preview();
    });
    trip.addEventListener("change", () => ([lat.value, lon.value] = ["", ""]));
    for (const field of [lat, lon, trip, radius, vehicle]) field.addEventListener("change", preview);
  });
}
