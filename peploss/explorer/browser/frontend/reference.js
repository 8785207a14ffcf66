// Where the loss stands among those of right peptides and decoys: two small distributions, a mark, and words.
import { el, setText, svg } from "./dom.js";

const WIDTH = 260;
const HEIGHT = 34;

export class Reference {
  constructor() {
    this.bars = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "pl-strip", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.words = el("div", { class: "pl-where", role: "status" });
    this.node = el(
      "div", { class: "pl-reference", role: "group", "aria-label": "Where this loss stands" },
      el("div", { class: "pl-strip-line" },
        el("span", { class: "pl-end" }, "0"), this.bars, el("span", { class: "pl-end" }, "1"),
        el("span", { class: "pl-key" },
          el("span", { class: "pl-key-right" }, "right peptides"), el("span", { class: "pl-key-decoys" }, "decoys"))),
      this.words,
    );
  }

  /** @param found {right, decoys: Float32Array of shares, here, words, about}, or null while they are being read. */
  update(found) {
    this.node.dataset.state = found ? "known" : "waiting";
    setText(this.words, found ? `${found.words[0].toUpperCase()}${found.words.slice(1)}.` : "Comparing with right peptides and decoys…");
    this.node.title = found?.about ?? "";
    if (!found) return;
    const shape = JSON.stringify([found.here, ...found.right, ...found.decoys]);
    if (shape === this.drawn) return;
    this.drawn = shape;
    const here = WIDTH * found.here;
    this.bars.replaceChildren(
      area(found.decoys, "pl-strip-decoys"), area(found.right, "pl-strip-right"),
      svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5, class: "pl-strip-base" }),
      svg("line", { x1: here, x2: here, y1: 0, y2: HEIGHT, class: "pl-strip-here" }),
    );
  }
}

// Each as high as the strip: how many there are of either plays no part in where they lie.
function area(shares, kind) {
  const highest = Math.max(...shares);
  const step = WIDTH / shares.length;
  let path = `M0 ${HEIGHT}`;
  shares.forEach((share, i) => {
    const y = HEIGHT - (share / highest) * (HEIGHT - 3);
    path += ` L${(i * step).toFixed(1)} ${y.toFixed(1)} L${((i + 1) * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return svg("path", { d: `${path} L${WIDTH} ${HEIGHT} Z`, class: kind });
}
