// The plot as a picture to keep: what it shows is written over it, at a size that fits where it goes.
import { svg } from "./dom.js";
import { drawLadder } from "./ladder.js";

const PX_PER_MM = 96 / 25.4;

export const SIZES = {
  screen: { label: "as on screen", unit: "px", scale: 3 },
  single: { label: "single column, 85 mm", unit: "mm", width: 85 * PX_PER_MM, ratio: 0.85, scale: 600 / 96 },
  double: { label: "double column, 178 mm", unit: "mm", width: 178 * PX_PER_MM, ratio: 0.5, scale: 600 / 96 },
  slide: { label: "slide, 16:9", unit: "px", width: 1280, ratio: 9 / 16, scale: 2 },
};

const TITLE = 20; // px, height of a line over the plot

/**
 * @param facts {title, lines, ladder}: what is written over the plot.
 * @param draw(width, height) gives Plotly's figure at that size.
 * @returns the picture as an SVG element, text in it as text, and its size in px.
 */
export async function compose(Plotly, facts, size, screen, colours, font, draw) {
  const width = Math.round(size.width ?? screen.width);
  const lines = facts.lines.flatMap((line) => wrapped(line, width));
  const ladder = facts.ladder ? drawLadder(facts.ladder).firstChild : null;
  const [, , ladderWide, ladderHigh] = (ladder?.getAttribute("viewBox") ?? "0 0 0 0").split(" ").map(Number);
  const shrink = ladder ? Math.min(1, (width - 16) / ladderWide) : 0;
  const head = TITLE * (1 + lines.length) + 8 + ladderHigh * shrink;
  const height = Math.round(size.width ? Math.max(size.width * size.ratio, head + 230) : screen.height + head);
  const url = await Plotly.toImage(draw(width, height - head), { format: "svg", width, height: height - head });
  const plot = new DOMParser().parseFromString(decodeURIComponent(url.slice(url.indexOf(",") + 1)), "image/svg+xml").documentElement;
  plot.setAttribute("y", head);
  const out = svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, "font-family": font, ...extent(width, height, size) });
  out.append(svg("title", {}, facts.title), svg("rect", { width, height, fill: colours.paper }));
  const text = (value, y, attributes) => out.append(svg("text", { x: 8, y, "font-size": 12, fill: colours.text, ...attributes }, value));
  text(facts.title, 17, { "font-size": 14, "font-weight": 600 });
  lines.forEach((line, i) => text(line, 17 + TITLE * (i + 1), { fill: colours.muted }));
  if (ladder) {
    ink(ladder, colours);
    ladder.setAttribute("x", 8);
    ladder.setAttribute("y", TITLE * (1 + lines.length) + 4);
    ladder.setAttribute("width", ladderWide * shrink);
    ladder.setAttribute("height", ladderHigh * shrink);
    out.append(ladder);
  }
  out.append(plot);
  return { node: out, width, height };
}

/** The same as a PNG. */
export async function rasterised({ node, width, height }, scale) {
  const copy = node.cloneNode(true);
  copy.setAttribute("width", width * scale);
  copy.setAttribute("height", height * scale);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function asFile({ node }) {
  return new Blob([new XMLSerializer().serializeToString(node)], { type: "image/svg+xml" });
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function extent(width, height, size) {
  if (size.unit === "px") return { width, height };
  const mm = (px) => `${(px / PX_PER_MM).toFixed(1)}mm`;
  return { width: mm(size.width), height: mm(height) };
}

// A style sheet does not travel with the picture: what it says of the ladder is written into it.
function ink(ladder, colours) {
  for (const node of ladder.querySelectorAll("text")) {
    node.setAttribute("text-anchor", "middle");
    node.setAttribute("fill", node.classList.contains("pl-modified") || node.classList.contains("pl-terminus") ? colours.predicted : colours.text);
    node.setAttribute("font-weight", 600);
    if (!node.classList.contains("pl-terminus")) node.setAttribute("font-size", 16);
    node.removeAttribute("style");
    if (node.classList.contains("pl-terminus")) node.setAttribute("font-size", 11);
  }
  for (const node of ladder.querySelectorAll("rect")) {
    node.setAttribute("fill", node.classList.contains("pl-score") ? colours.muted : colours.grid);
  }
  for (const node of ladder.querySelectorAll(".pl-unproven")) node.setAttribute("fill", colours.bad);
  for (const node of ladder.querySelectorAll("path.pl-bond")) {
    const matched = node.classList.contains("pl-matched");
    node.setAttribute("fill", "none");
    node.setAttribute("stroke-width", 2);
    node.setAttribute("stroke", matched ? colours[node.classList.contains("pl-left") ? "b" : "y"] : colours.grid);
  }
}

function wrapped(line, width) {
  const most = Math.max(20, Math.floor((width - 16) / 6.2));
  const out = [""];
  for (const part of line.split(" · ")) {
    const longer = out.at(-1) ? `${out.at(-1)} · ${part}` : part;
    if (longer.length > most && out.at(-1)) out.push(part);
    else out[out.length - 1] = longer;
  }
  return out;
}
