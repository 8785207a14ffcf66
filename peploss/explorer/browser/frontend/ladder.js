// The peptide as a ladder: a tick under a bond for its b side, above it for its y side, filled where matched.
import { el, svg } from "./dom.js";

const STEP = 22; // px between residues
const HEIGHT = 46; // px of a row
const LONG = 16; // residues from which on the ladder has a line of its own
const MOST = 50; // residues in a row; more wrap into rows of about the same length
const END = 16; // letters of a terminal modification that are shown; all of them on hover
const LETTER = 6; // px
const SCORE = 14; // px that the scores of a row take

/**
 * A model's confidence in a residue is a bar under it, as wide as it is high in [0, 1]; a bond without any ion between
 * two residues that the model is sure of has a triangle.
 * @param ladder {residues: [{letter, modification, score}], n_term, c_term, left: [{label, state}|null], right: [...], summary}:
 *   n_term and c_term name what the ends carry ("" for nothing); left and right have one entry a bond, left for
 *   N-terminal series, right for C-terminal; state is "matched" or "missing". score is null where no model
 *   says anything; n_term_score likewise; unproven: {bond from 1: sentence}; note: a warning or null.
 */
export function drawLadder(ladder) {
  const n = ladder.residues.length;
  const rows = Math.ceil(n / MOST);
  const across = Math.ceil(n / rows);
  const [head, tail] = [ladder.n_term, ladder.c_term].map(shortened);
  const start = 2 + (head ? room(head) : 0);
  const last = n - across * (rows - 1);
  const width = start + Math.max(STEP * across, STEP * last + (tail ? room(tail) : 0)) + 2;
  const scored = ladder.scored ?? false;
  const row = HEIGHT + (scored ? SCORE : 0);
  const height = row * rows;
  const figure = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, class: "pl-ladder-svg", role: "img", "aria-label": ladder.summary,
  });
  const middle = (i) => row * Math.floor(i / across) + HEIGHT / 2;
  const left = (i) => start + STEP * (i % across);
  if (head) figure.append(end(`${head}–`, ladder.n_term, "N-terminus", 2 + room(head) / 2, middle(0)));
  if (tail) figure.append(end(`–${tail}`, ladder.c_term, "C-terminus", left(n - 1) + STEP + room(tail) / 2, middle(n - 1)));
  ladder.residues.forEach((residue, i) => {
    const x = left(i) + STEP / 2;
    const letter = svg("text", { x, y: middle(i) + 5, class: residue.modification ? "pl-residue pl-modified" : "pl-residue" }, residue.letter);
    if (residue.modification) letter.append(svg("title", {}, `${residue.letter}${i + 1}: ${residue.modification}`));
    figure.append(letter);
    if (residue.score != null) figure.append(...bar(left(i) + 3, middle(i), STEP - 6, residue.score, `${residue.letter}${i + 1}`));
    if (i === n - 1) return;
    if (ladder.unproven?.[i + 1]) figure.append(warning(left(i) + STEP, middle(i), ladder.unproven[i + 1]));
    for (const [side, mark] of [["left", ladder.left[i]], ["right", ladder.right[i]]]) {
      if (!mark) continue;
      const out = side === "left" ? 1 : -1; // b below, y above
      // Between two rows the b side ends the upper one and the y side begins the lower one.
      const [bond, y] = side === "left" ? [left(i) + STEP, middle(i)] : [left(i + 1), middle(i + 1)];
      const path = `M${bond} ${y + out * 3} V${y + out * 13} h${side === "left" ? -7 : 7}`;
      const stroke = svg("path", { d: path, class: `pl-bond pl-${side} pl-${mark.state}` });
      stroke.append(svg("title", {}, `${mark.label}: ${mark.state}`));
      figure.append(stroke);
    }
  });
  if (head && ladder.n_term_score != null) figure.append(...bar(2, middle(0), room(head) - 6, ladder.n_term_score, ladder.n_term));
  const drawn = el("div", { class: n > LONG ? "pl-ladder-fit pl-long" : "pl-ladder-fit" }, figure);
  if (ladder.note) drawn.append(el("p", { class: "pl-ladder-note", role: "status" }, ladder.note));
  return drawn;
}

function bar(x, middle, width, score, name) {
  const y = middle + HEIGHT / 2 - 3;
  const track = svg("rect", { x, y, width, height: 5, rx: 1, class: "pl-score-track" });
  const filled = svg("rect", { x, y, width: width * score, height: 5, rx: 1, class: score < 0.5 ? "pl-score pl-unsure" : "pl-score" });
  for (const node of [track, filled]) node.append(svg("title", {}, `${name}: the model's confidence is ${score.toFixed(3)}`));
  return [track, filled];
}

function warning(x, middle, told) {
  const y = middle + HEIGHT / 2 + 3;
  const node = svg("path", { d: `M${x} ${y} l4 7 h-8 z`, class: "pl-unproven" });
  node.append(svg("title", {}, told));
  return node;
}

function end(text, name, place, x, y) {
  const node = svg("text", { x, y: y + 4, class: "pl-residue pl-terminus", style: "font-size: 11px; fill: var(--pl-accent)" }, text);
  node.append(svg("title", {}, `${place}: ${name}`));
  return node;
}

function room(text) {
  return LETTER * (text.length + 1) + 2;
}

function shortened(name) {
  return name && name.length > END ? `${name.slice(0, END - 1)}…` : name || "";
}
