// A figure without controls of its own: the waterfall, the shares, the mass errors.
import { el } from "./dom.js";
import { CONFIG, NARROW, dress, loadPlotly } from "./plotly.js";
import { paint, palette } from "./theme.js";

export class Figure {
  constructor(root) {
    this.root = root;
    this.plot = el("div", { class: "pl-plot", role: "img" });
    root.append(this.plot);
    this.observer = new ResizeObserver(() => this.drawn && this.plot.clientWidth > 0 && window.Plotly.Plots.resize(this.plot));
    this.observer.observe(this.plot);
  }

  async update(payload) {
    const { name, colours } = palette(this.root);
    this.root.dataset.theme = name;
    this.plot.style.height = `${payload.height}px`;
    this.plot.setAttribute("aria-label", payload.description);
    const Plotly = await loadPlotly();
    const layout = dress(paint(payload.layout, colours), colours);
    // In a narrow window level labels would run into each other: they turn, and the plot makes room for them.
    if (this.plot.clientWidth < NARROW && layout.xaxis?.tickangle === 0) Object.assign(layout.xaxis, { tickangle: "auto", automargin: true });
    await Plotly.react(this.plot, paint(payload.data, colours), layout, CONFIG);
    this.drawn = true;
  }

  close() {
    this.observer.disconnect();
    if (window.Plotly) window.Plotly.purge(this.plot);
  }
}
