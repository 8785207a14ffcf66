// The pointer's and the keyboard's way to a peak or a fragment.
const EVERY = 20; // px between the points that answer along a stick

/** A tips trace that answers along the whole stick and not at its tip alone. @param perUnit px that a y of 1 spans. */
export function alongSticks(trace, perUnit) {
  const at = [];
  const y = [];
  trace.y.forEach((top, i) => {
    const parts = Math.max(1, Math.ceil((Math.abs(top) * perUnit) / EVERY));
    for (let part = 1; part <= parts; part++) {
      at.push(i);
      y.push((top * part) / parts);
    }
  });
  const pick = (column) => at.map((i) => column[i]);
  return { ...trace, x: pick(trace.x), y, text: pick(trace.text), customdata: pick(trace.customdata) };
}

/** The name of the next peak or fragment to the right (`by` 1) or left (-1) of the selected one, in view. */
export function neighbour(trace, selected, by, range) {
  const seen = new Map();
  trace.customdata.forEach((key, i) => {
    if (trace.x[i] >= range[0] && trace.x[i] <= range[1]) seen.set(key, { key, x: trace.x[i], text: trace.text[i] });
  });
  const order = [...seen.values()].sort((a, b) => a.x - b.x || (a.key < b.key ? -1 : 1));
  if (!order.length) return null;
  const now = order.findIndex((one) => one.key === selected);
  if (now < 0) return by > 0 ? order[0] : order.at(-1);
  return order[Math.min(Math.max(now + by, 0), order.length - 1)];
}

/** A tooltip's text without its markup, to be read aloud. */
export function plain(html) {
  return new DOMParser().parseFromString(html.replaceAll("<br>", "; "), "text/html").body.textContent;
}
