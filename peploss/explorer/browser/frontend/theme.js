// Colours. Figures name them ("@b"); here they become values of the current theme, so one payload serves both.
const LIGHT = {
  text: "#1c2730", muted: "#66737f", faint: "#a9b4bd", grid: "#e8ecef", line: "#c5cdd4", paper: "#ffffff",
  observed: "#5b6873", "observed-fill": "rgba(91,104,115,0.16)",
  predicted: "#0b766e", "predicted-fill": "rgba(11,118,110,0.13)",
  b: "#1f5fbf", y: "#c8321f", other: "#8a6d1d", extra: "#7d5aa6", dead: "#97a3ad",
  good: "#0b766e", bad: "#b3541e", total: "#1c2730", tip: "#ffffff", "tip-line": "#c5cdd4",
};
const DARK = {
  text: "#e4e9ed", muted: "#98a5b0", faint: "#5d6a75", grid: "#232c34", line: "#3a4751", paper: "#12181d",
  observed: "#a9b6c1", "observed-fill": "rgba(169,182,193,0.20)",
  predicted: "#2fb8a9", "predicted-fill": "rgba(47,184,169,0.18)",
  b: "#6ea8ff", y: "#ff7a66", other: "#d9b44a", extra: "#c3a3ee", dead: "#6b7883",
  good: "#2fb8a9", bad: "#e08a4f", total: "#e4e9ed", tip: "#1f2931", "tip-line": "#3a4751",
};

// Streamlit's theme can change at any time without a reload; its background says which one is on.
export function palette(element) {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = background;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  const dark = 0.299 * r + 0.587 * g + 0.114 * b < 128;
  return { name: dark ? "dark" : "light", colours: { ...(dark ? DARK : LIGHT), paper: background, halo: halo(background) } };
}

// Around text that lies on a picture.
export function halo(paper) {
  return `0 0 2px ${paper}, 0 0 2px ${paper}, 0 0 3px ${paper}`;
}

// A copy of a figure with every "@name" replaced; typed arrays pass through untouched.
export function paint(value, colours) {
  if (typeof value === "string") return value[0] === "@" && value.slice(1) in colours ? colours[value.slice(1)] : value;
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => paint(entry, colours));
  const out = {};
  for (const key in value) out[key] = paint(value[key], colours);
  return out;
}
