// Stepping by key or button as a running count, kept here for as long as the page is open: Streamlit may take the
// component out and put it back between two presses, and what it brings back is older than the last press.
import { showKeys } from "./keys.js";
import { startTour } from "./tour.js";

const KEYS = { n: 1, p: -1 };
const WRITING = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

let session, count, settled;

export class Steps {
  constructor(root) {
    this.root = root;
    this.onkey = (event) => {
      if (event.key === "?" && !event.target.closest?.(WRITING)) {
        const stage = document.querySelector(".pl-stage");
        showKeys(this.root, stage && (() => startTour(this.root)));
        return;
      }
      const by = KEYS[event.key.toLowerCase()];
      if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(WRITING)) return;
      // A key held down goes on as fast as the page can follow.
      if (!event.repeat || count === settled) this.step(by);
    };
    this.onclick = (event) => {
      const button = event.target.closest?.(".st-key-next button, .st-key-prev button");
      if (!button) return;
      event.stopPropagation();
      this.step(button.closest(".st-key-next") ? 1 : -1);
    };
    document.addEventListener("keydown", this.onkey);
    document.addEventListener("click", this.onclick, true);
  }

  step(by) {
    count += by;
    this.component.setStateValue("count", { session, count });
  }

  async update(payload, component) {
    this.component = component;
    if (payload.session !== session) ({ session, settled: count } = payload);
    settled = payload.settled;
  }

  close() {
    document.removeEventListener("keydown", this.onkey);
    document.removeEventListener("click", this.onclick, true);
  }
}
