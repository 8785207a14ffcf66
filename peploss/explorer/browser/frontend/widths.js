// The two sliders by themselves, for pages that draw other things than the spectrum.
import { LogSlider } from "./controls.js";
import { el } from "./dom.js";
import { palette } from "./theme.js";

const GIVE_UP = 4000; // ms until a value in flight counts as lost

export class Widths {
  constructor(root) {
    this.root = root;
    this.seq = 0;
    this.inflight = null;
    this.dirty = false;
    this.sigma = new LogSlider({
      id: "sigma", label: "Peak width σ", help: "Standard deviation of the Gaussian every peak is drawn with.",
      units: [{ name: "Da", low: 0.001, high: 1 }, { name: "ppm", low: 1, high: 2000 }],
      onchange: (value) => this.change({ sigma: value }), onunit: () => this.switchUnit(),
    });
    this.bin = new LogSlider({
      id: "bin", label: "Bin width h", help: "Width of a bin of the m/z grid the loss is summed over.",
      units: [{ name: "Da", low: 0.001, high: 1 }], onchange: (value) => this.change({ bin: value }),
    });
    root.append(
      el("div", { class: "pl-controls" }, this.sigma.node, this.bin.node,
        el("button", { type: "button", class: "pl-tool pl-plain pl-defaults", title: "Back to the default widths", onclick: () => this.change({ ...this.defaults }) }, "Defaults")),
    );
  }

  change(patch) {
    this.view = { ...this.view, ...patch };
    this.show();
    this.dirty = true;
    if (this.inflight === null) this.send();
  }

  send() {
    this.dirty = false;
    this.inflight = ++this.seq;
    clearTimeout(this.lost);
    this.lost = setTimeout(() => this.inflight !== null && this.send(), GIVE_UP);
    this.component.setStateValue("view", { ...this.view, seq: this.seq });
  }

  // The same width at m/z 500, as on the page of one spectrum.
  switchUnit() {
    const toPpm = this.view.unit === "Da";
    const value = toPpm ? this.view.sigma * 2000 : this.view.sigma / 2000;
    const [low, high] = toPpm ? [1, 2000] : [0.001, 1];
    this.change({ sigma: Number(Math.min(Math.max(value, low), high).toPrecision(3)), unit: toPpm ? "ppm" : "Da" });
  }

  show() {
    const { view } = this;
    this.sigma.set(view.sigma, view.unit, view.unit === "Da" ? { value: view.bin, title: "σ = h: further left, the loss depends on where the bins lie" } : null);
    this.bin.set(view.bin, "Da");
  }

  async update(payload, component) {
    this.component = component;
    this.defaults = payload.defaults;
    this.root.dataset.theme = palette(this.root).name;
    if (payload.seq === this.inflight) {
      this.inflight = null;
      clearTimeout(this.lost);
    }
    this.seq = Math.max(this.seq, payload.seq);
    if (!this.view || (this.inflight === null && !this.dirty)) this.view = payload.view;
    this.show();
    if (this.inflight === null && this.dirty) this.send();
    this.root.dataset.painted = String(payload.seq);
  }

  close() {
    clearTimeout(this.lost);
  }
}
