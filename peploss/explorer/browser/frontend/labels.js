// Which fragment labels fit: most important first, lifted away from the tip if need be, left out if nothing is free.
const LINE = 13; // px, height of a label
const MAX_LEVEL = 5; // lifts tried before a label is left out

const pen = document.createElement("canvas").getContext("2d");

function width(text) {
  pen.font = '11px "Segoe UI", "Source Sans", Roboto, Arial, sans-serif';
  return pen.measureText(text).width + 4;
}

/**
 * @param labels {x, y, text[], colour[], weight} columns; y in data units, its sign says which way the label leans;
 *   room: how far up and down labels may stand, in data units, where that is not the whole area.
 * @param area {x0, x1, y0, y1, width, height}: axis ranges and the pixels they span.
 * @returns columns {x, y, text, colour} of the labels that fit and gapped leader lines {x, y} to the lifted ones.
 */
export function placeLabels(labels, area) {
  const toX = (x) => ((x - area.x0) / (area.x1 - area.x0)) * area.width;
  const toY = (y) => ((area.y1 - y) / (area.y1 - area.y0)) * area.height;
  const back = (py) => area.y1 - (py / area.height) * (area.y1 - area.y0);
  const order = [...labels.x.keys()]
    .filter((i) => labels.x[i] >= area.x0 && labels.x[i] <= area.x1)
    .sort((i, j) => labels.weight[j] - labels.weight[i]);
  const top = labels.room ? toY(labels.room) : 0;
  const bottom = labels.room ? toY(-labels.room) : area.height;
  const taken = [];
  const out = { x: [], y: [], text: [], colour: [] };
  const lead = { x: [], y: [] };
  for (const i of order) {
    const up = labels.y[i] >= 0 ? 1 : -1;
    const w = width(labels.text[i]);
    const px = toX(labels.x[i]);
    const tip = toY(labels.y[i]);
    const x = Math.min(Math.max(px, w / 2), area.width - w / 2);
    for (let level = 0; level <= MAX_LEVEL; level++) {
      let py = tip - up * (8 + level * LINE);
      if (level === 0) py = Math.min(Math.max(py, top + LINE / 2), bottom - LINE / 2); // at the edge of a small picture
      if (py < top + LINE / 2 || py > bottom - LINE / 2) break;
      const box = [x - w / 2, x + w / 2, py - LINE / 2, py + LINE / 2];
      if (taken.some((t) => box[0] < t[1] && t[0] < box[1] && box[2] < t[3] && t[2] < box[3])) continue;
      taken.push(box);
      out.x.push(area.x0 + (x / area.width) * (area.x1 - area.x0));
      out.y.push(back(py));
      out.text.push(labels.text[i]);
      out.colour.push(labels.colour[i]);
      if (level > 0) {
        lead.x.push(labels.x[i], labels.x[i], null);
        lead.y.push(labels.y[i], back(py + (up * LINE) / 2), null);
      }
      break;
    }
  }
  return { out, lead };
}
