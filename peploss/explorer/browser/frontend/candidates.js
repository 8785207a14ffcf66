// The candidates of a spectrum as a small table: a row shows its candidate, its last button draws it below another.
import { el } from "./dom.js";

const COLUMNS = [
  ["loss", "loss", "Spectrum loss"],
  ["difference", "to 1", "Loss less that of candidate 1"],
  ["ppm", "ppm", "Precursor error"],
  ["matched", "matched", "Matched fragments"],
  ["explained", "explained", "Share of the observed intensity in matched peaks"],
  ["rank", "among decoys", "Place of its loss among its own shuffled peptides"],
  ["deciding", "deciding", "Fragments with a peak, of those that the best of the others does not predict"],
];
const WRITING = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

export class Candidates {
  /** @param pick(patch) is called with what changes of the view: {cand} or {cand, over}. */
  constructor(pick) {
    this.pick = pick;
    this.node = el("div", { class: "pl-candidates", hidden: true });
    this.drawn = "";
    this.onkey = (event) => {
      const number = /^Digit[1-8]$/.test(event.code ?? "") ? Number(event.code.slice(5)) : 0;
      if (!number || !this.table || number > this.table.rows.length) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(WRITING)) return;
      event.preventDefault();
      if (event.shiftKey) this.below(number);
      else this.show(number);
    };
    document.addEventListener("keydown", this.onkey);
  }

  show(number) {
    if (number === this.shown) return;
    this.pick({ cand: number, over: number === this.over ? this.shown : this.over });
  }

  below(number) {
    if (number === this.shown) return;
    this.pick({ over: number === this.over ? 0 : number });
  }

  /** @param table {rows: [{peptide, loss, ...}]} or null; @param view the view, for which of them are shown. */
  update(table, view) {
    this.table = table;
    this.shown = view.cand > (table?.rows.length ?? 1) ? 1 : view.cand;
    this.over = view.over === this.shown ? 0 : view.over;
    this.node.hidden = !table;
    const told = JSON.stringify([table, this.shown, this.over]);
    if (!table || told === this.drawn) return;
    this.drawn = told;
    const focused = document.activeElement?.dataset?.pick;
    const head = el("tr", {}, el("th", { scope: "col" }, "key"), el("th", { scope: "col" }, "candidate"),
      ...COLUMNS.map(([, label, title]) => el("th", { scope: "col", title }, label)), el("th", { scope: "col" }, ""));
    const rows = table.rows.map((row, i) => this.row(row, i + 1));
    this.node.replaceChildren(el("table", { "aria-label": "Candidates" }, el("thead", {}, head), el("tbody", {}, ...rows)));
    if (focused) this.node.querySelector(`[data-pick="${focused}"]`)?.focus();
  }

  row(row, number) {
    const here = number === this.shown;
    const below = number === this.over;
    return el("tr", { "data-shown": String(here), "data-below": String(below), onclick: () => this.show(number) },
      el("td", {}, el("kbd", {}, String(number))),
      el("td", { class: "pl-candidate", title: row.note || row.peptide },
        el("button", { type: "button", class: "pl-pick", "data-pick": `show${number}`, "aria-pressed": String(here), onclick: (event) => { event.stopPropagation(); this.show(number); } }, row.peptide + (row.note ? " *" : ""))),
      ...COLUMNS.map(([key]) => el("td", {}, row[key])),
      el("td", {}, here ? el("span", { class: "pl-here" }, "shown") : el("button", {
        type: "button", class: "pl-tool pl-plain", "data-pick": `below${number}`, "aria-pressed": String(below),
        title: `Draw it below the one that is shown (Shift + ${number})`,
        onclick: (event) => { event.stopPropagation(); this.below(number); },
      }, below ? "below" : "mirror")),
    );
  }

  close() {
    document.removeEventListener("keydown", this.onkey);
  }
}
