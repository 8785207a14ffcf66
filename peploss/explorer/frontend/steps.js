// Stepping by key or button as a running count: most presses that come faster than the page answers count.
const KEYS = { n: 1, p: -1 };
const WRITING = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

export class Steps {
  constructor() {
    this.onkey = (event) => {
      const by = KEYS[event.key.toLowerCase()];
      if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(WRITING)) return;
      // A key held down goes on as fast as the page can follow.
      if (!event.repeat || this.count === this.seen) this.step(by);
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
    this.count += by;
    this.component.setStateValue("count", this.count);
  }

  async update(payload, component) {
    this.component = component;
    this.seen = payload.seen;
    this.count ??= payload.seen;
  }

  close() {
    document.removeEventListener("keydown", this.onkey);
    document.removeEventListener("click", this.onclick, true);
  }
}
