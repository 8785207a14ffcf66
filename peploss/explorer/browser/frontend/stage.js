// The stage: numbers, ladder, plot and sliders in one node, so that all of them follow the pointer together.
import { Candidates } from "./candidates.js";
import { LogSlider } from "./controls.js";
import { el, setText } from "./dom.js";
import { SIZES, asFile, compose, rasterised, save } from "./export.js";
import { showKeys } from "./keys.js";
import { drawLadder } from "./ladder.js";
import { placeLabels } from "./labels.js";
import { Numbers } from "./numbers.js";
import { CONFIG, FONT, NARROW, dress, loadPlotly } from "./plotly.js";
import { alongSticks, neighbour, plain } from "./sticks.js";
import { paint, palette } from "./theme.js";
import { beginTour, endTour, startTour } from "./tour.js";

const SETTLE = 500; // ms without a change until the rest of the page follows
const GIVE_UP = 4000; // ms until a value in flight counts as lost, for example because the server went away
const ASK_AGAIN = 5000; // ms until the page asks for what the loss is compared with: the news that it is there can be lost

export class Stage {
  constructor(root) {
    this.root = root;
    this.seq = 0;
    this.inflight = null;
    this.dirty = false;
    this.painted = 0;
    this.build();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.plot);
  }

  build() {
    this.numbers = new Numbers();
    this.candidates = new Candidates((patch) => this.change(patch, true));
    this.ladder = el("div", { class: "pl-ladder" });
    this.plot = el("div", { class: "pl-plot", role: "application", tabindex: "0", onkeydown: (event) => this.key(event) });
    this.spoken = el("div", { class: "pl-hidden", role: "status" });
    this.sigma = new LogSlider({
      id: "sigma", label: "Peak width σ",
      help: "Standard deviation of the Gaussian every peak is drawn with.",
      units: [{ name: "Da", low: 0.001, high: 1 }, { name: "ppm", low: 1, high: 2000 }],
      onchange: (value) => this.change({ sigma: value }), onunit: () => this.switchUnit(),
    });
    this.bin = new LogSlider({
      id: "bin", label: "Bin width h", help: "Width of a bin of the m/z grid the loss is summed over.",
      units: [{ name: "Da", low: 0.001, high: 1 }], onchange: (value) => this.change({ bin: value }),
    });
    this.warning = el("span", {});
    this.remedy = el("button", { type: "button", class: "pl-tool pl-plain pl-remedy", onclick: () => this.change({ sigma: this.payload.remedy.sigma }, true) });
    this.guard = el("p", { class: "pl-guard", role: "status" }, this.warning, this.remedy);
    this.toggles = {};
    const toggle = (key, label, title) => {
      this.toggles[key] = el("button", { type: "button", class: "pl-tool", title, "aria-pressed": "false", onclick: () => this.change({ [key]: !this.view[key] }, true) }, label);
      return this.toggles[key];
    };
    const mode = (name, label) => {
      this.toggles[name] = el("button", { type: "button", class: "pl-tool", "aria-pressed": "false", onclick: () => this.change({ mode: name }, true) }, label);
      return this.toggles[name];
    };
    const tool = (label, title, onclick) => el("button", { type: "button", class: "pl-tool pl-plain", title, onclick }, label);
    this.zoomOut = tool("Reset zoom", "Show the whole m/z range (or double-click the plot)", () => this.zoom(null));
    this.node = el(
      "div", { class: "pl-stage" }, this.numbers.node, this.candidates.node,
      el(
        "div", { class: "pl-bar" }, this.ladder,
        el(
          "div", { class: "pl-tools", role: "toolbar", "aria-label": "Plot" },
          el("div", { class: "pl-segment" }, mode("mirror", "Mirror"), mode("overlay", "Overlay")),
          el("div", { class: "pl-segment" },
            toggle("bins", "Bins", "Contribution of each bin to the cosine"),
            toggle("grad", "Gradient", "Gradient of the loss with respect to each fragment's m/z"),
            toggle("strip", "Errors", "Mass error of each matched fragment"),
            toggle("labels", "Labels", "Fragment labels")),
          this.zoomOut,
          el("div", { class: "pl-segment" },
            this.size = el("select", { class: "pl-tool pl-size", title: "Size of the picture that is saved", "aria-label": "Size of the picture that is saved" },
              ...Object.entries(SIZES).map(([name, size]) => el("option", { value: name }, `Save ${size.label}`))),
            tool("SVG", "Save the plot with its title, peptide and settings as SVG; text stays text", () => this.export("svg")),
            tool("PNG", "Save the same as PNG", () => this.export("png"))),
          tool("?", "Keys and tour (key ?)", () => this.keys()),
        ),
      ),
      this.plot, this.spoken,
      el("div", { class: "pl-controls" }, this.sigma.node, this.bin.node,
        el("button", { type: "button", class: "pl-tool pl-plain pl-defaults", title: "Back to the default widths", onclick: () => this.defaults() }, "Defaults")),
      this.guard,
    );
    this.root.append(this.node);
  }

  keys() {
    showKeys(this.root, () => startTour(this.root));
  }

  // ---- what the user does -------------------------------------------------------------------------------------

  change(patch, atOnce = false) {
    this.view = { ...this.view, ...patch };
    this.showControls();
    this.dirty = true;
    if (this.inflight === null) this.send();
    if (atOnce) this.settleSoon(0);
    else this.settleSoon(SETTLE);
  }

  send() {
    this.dirty = false;
    this.inflight = ++this.seq;
    clearTimeout(this.lost);
    this.lost = setTimeout(() => {
      if (this.inflight !== null) this.send();
    }, GIVE_UP);
    this.component.setStateValue("view", { ...this.view, seq: this.seq });
  }

  // The tabs and the link under the plot follow once the hand rests.
  settleSoon(wait) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.inflight !== null || this.dirty) this.settleSoon(wait || 30);
      else this.component.setTriggerValue("settled", this.seq + 1); // a 0 would start no run
    }, wait);
  }

  switchUnit() {
    // The same width at m/z 500, where the two scales are compared.
    const toPpm = this.view.unit === "Da";
    const value = toPpm ? this.view.sigma * 2000 : this.view.sigma / 2000;
    const limits = toPpm ? [1, 2000] : [0.001, 1];
    const sigma = Number(Math.min(Math.max(value, limits[0]), limits[1]).toPrecision(3));
    this.change({ sigma, unit: toPpm ? "ppm" : "Da" }, true);
  }

  defaults() {
    this.change({ ...this.payload.defaults }, true);
  }

  zoom(range) {
    this.view = { ...this.view, x: range };
    if (this.drawn) this.relayout({ "xaxis.range": range ?? this.payload.full });
    this.zoomOut.disabled = range === null;
    this.dirty = true; // an answer that is on its way knows nothing of it
    // Only the link has to know; nothing on the server depends on it.
    clearTimeout(this.zooming);
    this.zooming = setTimeout(() => this.change({}, true), SETTLE);
  }

  async relayout(patch) {
    await window.Plotly.relayout(this.plot, patch);
    this.relabel();
  }

  async export(format) {
    const { colours } = this.theme;
    const size = SIZES[this.size.value];
    const screen = { width: this.plot.clientWidth, height: this.plot.clientHeight };
    const draw = (width, height) => this.figureAt(width, height);
    const picture = await compose(window.Plotly, { ...this.payload.caption, ladder: this.payload.ladder }, size, screen, colours, FONT, draw);
    save(format === "svg" ? asFile(picture) : await rasterised(picture, size.scale), `${this.payload.filename}.${format}`);
  }

  // The figure as it stands, its labels placed for another size.
  figureAt(width, height) {
    const layout = { ...this.plot.layout, width, height, autosize: false, paper_bgcolor: this.theme.colours.paper };
    const { margin } = layout;
    const [d0, d1] = layout.yaxis.domain;
    const pixels = { width: width - margin.l - margin.r, height: (height - margin.t - margin.b) * (d1 - d0) };
    const found = this.placed(layout, pixels);
    const data = this.plot.data.map((trace, i) => (i === this.texts ? { ...trace, ...found.texts } : i === this.leaders ? { ...trace, ...found.leaders } : trace));
    return { data, layout, config: { staticPlot: true } };
  }

  // ---- the keyboard on the plot ---------------------------------------------------------------------------------

  key(event) {
    if (event.target !== this.plot || event.ctrlKey || event.metaKey || event.altKey || !this.drawn) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const range = this.view.x ?? this.payload.full;
    const span = range[1] - range[0];
    if (by && event.shiftKey) this.move(range[0] + 0.2 * by * span, span);
    else if (by) this.selectNext(by, range);
    else if (event.key === "+" || event.key === "=") this.move(this.middle(range) - span / 4, span / 2);
    else if (event.key === "-") this.move(this.middle(range) - span, span * 2);
    else if (event.key === "0") this.zoom(null);
    else if (event.key === "Escape" && this.view.sel) this.select("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  selectNext(by, range) {
    const tips = this.data.find((trace) => trace.meta === "tips");
    const next = tips && neighbour(tips, this.view.sel, by, range);
    if (!next) return;
    if (next.key !== this.view.sel) this.select(next.key);
    setText(this.spoken, plain(next.text));
  }

  middle(range) {
    const tips = this.data.find((trace) => trace.meta === "tips");
    const at = tips && this.view.sel ? tips.customdata.lastIndexOf(this.view.sel) : -1;
    const x = at < 0 ? NaN : tips.x[at];
    return x >= range[0] && x <= range[1] ? x : (range[0] + range[1]) / 2;
  }

  // Show so much of the m/z axis from there on, within what there is.
  move(low, span) {
    const [x0, x1] = this.payload.full;
    if (span >= x1 - x0) return this.zoom(null);
    const from = Math.min(Math.max(low, x0), x1 - span);
    this.zoom([from, from + span].map((x) => Number(x.toFixed(4))));
  }

  // ---- what the server sends ----------------------------------------------------------------------------------

  async update(payload, component) {
    this.component = component;
    const theme = palette(this.root);
    const sameTheme = this.theme?.name === theme.name;
    this.theme = theme;
    this.root.dataset.theme = theme.name;
    if (payload.seq === this.inflight) {
      this.inflight = null;
      clearTimeout(this.lost);
    }
    this.seq = Math.max(this.seq, payload.seq);
    const answered = this.inflight === null && !this.dirty;
    if (!this.view || answered) this.view = payload.view;
    const sameFigure = this.payload && payload.revision === this.payload.revision && sameTheme;
    this.payload = payload;
    this.numbers.update(payload.numbers, payload.reference);
    clearTimeout(this.asking);
    if (!payload.reference) this.asking = setTimeout(() => this.settleSoon(0), ASK_AGAIN);
    this.showControls();
    if (!sameFigure) await this.draw(payload);
    if (this.inflight === null && this.dirty) this.send();
    beginTour(this.root);
    this.painted = payload.seq;
    this.root.dataset.painted = String(payload.seq);
  }

  showControls() {
    const { view } = this;
    const sigmaTh = view.unit === "Da" ? view.sigma : null;
    this.sigma.set(view.sigma, view.unit, sigmaTh === null ? null : { value: view.bin, title: "σ = h: further left, the loss depends on where the bins lie" });
    this.bin.set(view.bin, "Da");
    for (const name of ["mirror", "overlay"]) this.toggles[name].setAttribute("aria-pressed", String(view.mode === name));
    for (const name of ["bins", "grad", "strip", "labels"]) this.toggles[name].setAttribute("aria-pressed", String(Boolean(view[name])));
    this.zoomOut.disabled = !view.x;
    if (this.payload) this.candidates.update(this.payload.candidates, view);
  }

  async draw(payload) {
    setText(this.warning, payload.guard ?? "");
    setText(this.remedy, payload.remedy?.label ?? "");
    this.remedy.hidden = !payload.remedy;
    this.guard.hidden = !payload.guard;
    const ladder = JSON.stringify(payload.ladder);
    if (ladder !== this.ladderDrawn) this.ladder.replaceChildren(...(payload.ladder ? [drawLadder(payload.ladder)] : []));
    this.ladderDrawn = ladder;
    this.plot.style.height = `${payload.height}px`;
    this.plot.setAttribute("aria-label", payload.description);
    const Plotly = await loadPlotly();
    const { colours } = this.theme;
    const layout = dress(paint(payload.layout, colours), colours);
    layout.xaxis = { ...layout.xaxis, range: [...(this.view.x ?? payload.full)] };
    layout.uirevision = "stage";
    const perUnit = this.mainHeight(layout) / (layout.yaxis.range[1] - layout.yaxis.range[0]);
    this.data = paint(payload.data, colours).map((trace) => (trace.meta === "tips" && !trace.yaxis ? alongSticks(trace, perUnit) : trace));
    const narrow = this.plot.clientWidth < NARROW;
    this.titles = (layout.annotations ?? []).map((title) => (narrow ? { ...title, text: title.text.replace(": ", ":<br>") } : title));
    Object.assign(layout, this.reading());
    this.leaders = this.data.findIndex((trace) => trace.meta === "leaders");
    this.texts = this.data.findIndex((trace) => trace.meta === "labels");
    this.fillLabels(layout);
    await Plotly.react(this.plot, this.data, layout, CONFIG);
    if (!this.drawn) {
      this.drawn = true;
      this.listen();
    }
    // Where a legend of several rows, or one in the margin, left another room than was taken for granted.
    const { width, height } = this.pixels();
    if (this.fitted && Math.max(Math.abs(width - this.fitted.width), Math.abs(height - this.fitted.height)) > 1) this.relabel();
  }

  listen() {
    this.plot.on("plotly_relayout", (event) => {
      const low = event["xaxis.range[0]"];
      const high = event["xaxis.range[1]"];
      if (low === undefined || high === undefined) return;
      const [x0, x1] = this.payload.full;
      const range = [Math.max(low, x0 - (x1 - x0)), Math.min(high, x1 + (x1 - x0))].map((v) => Number(v.toFixed(4)));
      this.zoom(range);
    });
    this.plot.on("plotly_doubleclick", () => this.zoom(null));
    this.plot.on("plotly_click", (event) => {
      const key = event.points.find((point) => point.data.meta === "tips")?.customdata;
      if (key !== undefined) this.select(key === this.view.sel ? "" : key);
    });
  }

  // A selected fragment or peak keeps its reading on the plot; it follows every change until it is clicked again.
  select(key) {
    this.change({ sel: key }, true);
    window.Plotly.relayout(this.plot, this.reading());
  }

  reading() {
    const { colours } = this.theme;
    for (const trace of this.data) {
      if (trace.meta !== "tips" || !this.view.sel) continue;
      const at = trace.customdata.lastIndexOf(this.view.sel);
      if (at < 0) continue;
      const x = trace.x[at];
      const range = this.view.x ?? this.payload.full;
      const left = x > (range[0] + range[1]) / 2;
      return {
        shapes: [{ type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: colours.muted, width: 1, dash: "dot" }, layer: "below" }],
        annotations: [...this.titles, {
          x, xref: "x", y: 1, yref: "paper", xanchor: left ? "right" : "left", yanchor: "top", xshift: left ? -8 : 8, yshift: -4,
          text: trace.text[at], align: "left", showarrow: false, bgcolor: colours.tip, bordercolor: colours["tip-line"], borderpad: 5, font: { size: 12 },
        }],
      };
    }
    return { shapes: [], annotations: this.titles };
  }

  resize() {
    if (!this.drawn || this.plot.clientWidth === 0) return;
    window.Plotly.Plots.resize(this.plot).then(() => this.relabel());
  }

  fillLabels(layout) {
    if (this.texts < 0) return;
    this.fitted = this.drawn ? this.pixels() : this.expected(layout);
    if (this.fitted.width <= 0) return;
    const found = this.placed(layout, this.fitted);
    Object.assign(this.data[this.texts], found.texts);
    Object.assign(this.data[this.leaders], found.leaders);
  }

  // The labels that fit into so many pixels, as what changes in their two traces.
  placed(layout, pixels) {
    const [x0, x1] = layout.xaxis.range;
    const [y0, y1] = layout.yaxis.range;
    const { out, lead } = placeLabels(this.payload.labels, { x0, x1, y0, y1, ...pixels });
    const { colours } = this.theme;
    const textfont = { size: 11, color: out.colour.map((name) => colours[name] ?? colours.text), shadow: colours.halo };
    return { texts: { x: out.x, y: out.y, text: out.text, textfont }, leaders: { x: lead.x, y: lead.y } };
  }

  // What m/z axis and main panel span, in pixels.
  pixels() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return { width: xaxis._length, height: yaxis._length };
  }

  // The same before the plot has been drawn.
  expected(layout) {
    return { width: this.plot.clientWidth - layout.margin.l - layout.margin.r, height: this.mainHeight(layout) };
  }

  mainHeight(layout) {
    const inner = this.payload.height - layout.margin.t - layout.margin.b;
    const [d0, d1] = layout.yaxis.domain;
    return inner * (d1 - d0);
  }

  relabel() {
    if (this.texts < 0) return;
    const layout = this.plot.layout;
    this.fillLabels(layout);
    const text = this.data[this.texts];
    const lead = this.data[this.leaders];
    window.Plotly.restyle(this.plot, { x: [lead.x, text.x], y: [lead.y, text.y], text: [undefined, text.text], "textfont.color": [undefined, text.textfont.color] }, [this.leaders, this.texts]);
  }

  close() {
    endTour();
    this.candidates.close();
    this.observer.disconnect();
    for (const timer of [this.settling, this.zooming, this.lost, this.asking]) clearTimeout(timer);
    if (window.Plotly) window.Plotly.purge(this.plot);
  }
}
