// Three steps for a first visit: load yours, type a peptide, drag. Dismissed once, it does not come back by itself.
import { el, setText } from "./dom.js";
import { palette } from "./theme.js";

const DONE = "peploss-tour";
const STEPS = [
  ["Open your spectra", "Choose samples, a file, a folder or a peak list under “Spectra from”, in the sidebar on the left.", ".st-key-source, [data-testid=stExpandSidebarButton]"],
  ["Type a peptide", "Its fragments and its loss follow. ProForma: PEM[Oxidation]K/2, PEC[+57.02]K.", ".st-key-peptide"],
  ["Drag the sliders", "Peak width σ and bin width h decide how strict the loss is. Everything follows while you drag.", ".pl-controls"],
];

let card = null;

export function beginTour(root) {
  if (!card && remembered() !== "done") startTour(root);
}

export function startTour(root) {
  card?.close();
  card = new Tour(root);
}

export function endTour() {
  card?.close();
}

function remembered() {
  try {
    return localStorage.getItem(DONE);
  } catch {
    return "done"; // a browser that keeps nothing would show it again on every visit
  }
}

class Tour {
  constructor(root) {
    this.at = 0;
    this.count = el("div", { class: "pl-tour-count" });
    this.title = el("h2", { id: "pl-tour-title" });
    this.text = el("p", {});
    this.next = el("button", { type: "button", class: "pl-tool pl-plain pl-primary", onclick: () => this.go() });
    this.node = el(
      "section", { class: "pl pl-tour", "aria-labelledby": "pl-tour-title", "data-theme": palette(root).name },
      this.count, this.title, this.text,
      el("div", { class: "pl-dialog-buttons" },
        el("button", { type: "button", class: "pl-tool pl-plain", onclick: () => this.done() }, "Dismiss"), this.next),
    );
    document.body.append(this.node);
    this.show();
  }

  show() {
    const [title, text, target] = STEPS[this.at];
    setText(this.count, `${this.at + 1} of ${STEPS.length}`);
    setText(this.title, title);
    setText(this.text, text);
    setText(this.next, this.at === STEPS.length - 1 ? "Done" : "Next");
    this.unmark();
    this.marked = [...document.querySelectorAll(target)].find((node) => node.getClientRects().length);
    this.marked?.classList.add("pl-pointed");
  }

  go() {
    if (++this.at < STEPS.length) this.show();
    else this.done();
  }

  done() {
    try {
      localStorage.setItem(DONE, "done");
    } catch {
      // then it comes back at the next visit
    }
    this.close();
  }

  unmark() {
    this.marked?.classList.remove("pl-pointed");
  }

  close() {
    this.unmark();
    this.node.remove();
    card = null;
  }
}
