// The peptide as a ladder: a tick under a bond for its b side, above it for its y side, filled where matched.
import { el, svg } from "./dom.js";

const STEP = 22; // px between residues
const HEIGHT = 46;
const LONG = 16; // residues from which on the ladder has a line of its own

/**
 * @param ladder {residues: [{letter, modification}], left: [{label, state}|null], right: [...], summary}: one entry a
 *   bond, left for N-terminal series, right for C-terminal; state is "matched", "dead" or "missing".
 */
export function drawLadder(ladder) {
  const n = ladder.residues.length;
  const width = STEP * n + 4;
  const figure = svg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`, width, class: "pl-ladder-svg", role: "img", "aria-label": ladder.summary,
  });
  const middle = HEIGHT / 2;
  ladder.residues.forEach((residue, i) => {
    const x = 2 + STEP * (i + 0.5);
    const letter = svg("text", { x, y: middle + 5, class: residue.modification ? "pl-residue pl-modified" : "pl-residue" }, residue.letter);
    if (residue.modification) letter.append(svg("title", {}, `${residue.letter}${i + 1}: ${residue.modification}`));
    figure.append(letter);
    if (i === n - 1) return;
    const bond = 2 + STEP * (i + 1);
    for (const [side, mark] of [["left", ladder.left[i]], ["right", ladder.right[i]]]) {
      if (!mark) continue;
      const out = side === "left" ? 1 : -1; // b below, y above
      const path = `M${bond} ${middle + out * 3} V${middle + out * 13} h${side === "left" ? -7 : 7}`;
      const stroke = svg("path", { d: path, class: `pl-bond pl-${side} pl-${mark.state}` });
      stroke.append(svg("title", {}, `${mark.label}: ${mark.state}`));
      figure.append(stroke);
    }
  });
  return el("div", { class: n > LONG ? "pl-ladder-fit pl-long" : "pl-ladder-fit" }, figure);
}
