// Logarithmic sliders that speak while they are dragged, each with a field for an exact value.
import { el, setText } from "./dom.js";

const PER_DECADE = 100; // slider steps; one arrow key is 2.3 %
const DIGITS = 3;

const round = (value) => Number(value.toPrecision(DIGITS));

// Where the step lands on 1, 2 or 5 times a power of ten, say so exactly: 0.05, not 0.0501.
function snap(value) {
  const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);
  for (const nice of [1, 2, 5, 10]) {
    const target = Number((nice * decade).toPrecision(1));
    if (Math.abs(Math.log10(value / target)) < 0.5 / PER_DECADE) return target;
  }
  return round(value);
}

export class LogSlider {
  /**
   * @param label visible name; @param help its explanation; @param onchange called with the new value;
   * @param units selectable units, each {name, low, high}; one entry means no switch.
   */
  constructor({ id, label, help, units, onchange, onunit }) {
    this.units = units;
    this.onchange = onchange;
    this.range = el("input", { type: "range", class: "pl-range", "aria-label": label, id: `pl-${id}`, oninput: () => this.slide() });
    this.field = el("input", {
      type: "text", inputmode: "decimal", class: "pl-exact", "aria-label": `${label}, exact value`, spellcheck: "false", autocomplete: "off",
      onchange: () => this.type(),
      onkeydown: (event) => {
        if (event.key === "Enter") this.type();
        if (event.key === "Escape") this.set(this.value, this.unit);
      },
    });
    this.unitNode = units.length > 1
      ? el("button", { type: "button", class: "pl-unit", onclick: () => onunit() })
      : el("span", { class: "pl-unit pl-unit-fixed" });
    this.ticks = el("div", { class: "pl-ticks", "aria-hidden": "true" });
    this.note = el("div", { class: "pl-note", role: "alert" });
    this.node = el(
      "div", { class: "pl-control" },
      el("label", { for: `pl-${id}`, class: "pl-label", title: help }, label),
      el("div", { class: "pl-track" }, this.range, this.ticks),
      el("div", { class: "pl-value" }, this.field, this.unitNode),
      this.note,
    );
  }

  get steps() {
    return Math.round(Math.log10(this.limits.high / this.limits.low) * PER_DECADE);
  }

  set(value, unit, mark = null) {
    if (unit !== this.unit) {
      this.unit = unit;
      this.limits = this.units.find((u) => u.name === unit);
      this.range.min = 0;
      this.range.max = this.steps;
      this.range.step = 1;
      setText(this.unitNode, unit);
      if (this.unitNode.tagName === "BUTTON") {
        const other = this.units.find((u) => u.name !== unit).name;
        this.unitNode.title = `Switch to ${other}`;
        this.unitNode.setAttribute("aria-label", `Unit ${unit}; switch to ${other}`);
      }
      this.drawTicks();
    }
    this.value = value;
    const at = Math.log10(value / this.limits.low) * PER_DECADE;
    if (document.activeElement !== this.range || Math.abs(Number(this.range.value) - at) > 1) this.range.value = at;
    this.range.style.setProperty("--at", `${Math.min(100, Math.max(0, (100 * at) / this.steps))}%`);
    this.range.setAttribute("aria-valuetext", `${value} ${unit}`);
    if (document.activeElement !== this.field) this.field.value = String(value);
    this.field.removeAttribute("aria-invalid");
    setText(this.note, "");
    this.drawMark(mark);
  }

  drawTicks() {
    this.ticks.replaceChildren();
    const first = Math.ceil(Math.log10(this.limits.low) - 1e-9);
    const last = Math.floor(Math.log10(this.limits.high) + 1e-9);
    for (let e = first; e <= last; e++) {
      const at = (100 * (e - Math.log10(this.limits.low))) / Math.log10(this.limits.high / this.limits.low);
      this.ticks.append(el("span", { style: `left:${at}%` }, String(Number((10 ** e).toPrecision(1)))));
    }
    this.markNode = el("i", { class: "pl-mark" });
    this.ticks.append(this.markNode);
  }

  // A reference on the track: where sigma equals the bin width.
  drawMark(mark) {
    const inside = mark && mark.value >= this.limits.low && mark.value <= this.limits.high;
    this.markNode.style.display = inside ? "block" : "none";
    if (!inside) return;
    this.markNode.style.left = `${(100 * Math.log10(mark.value / this.limits.low)) / Math.log10(this.limits.high / this.limits.low)}%`;
    this.markNode.title = mark.title;
  }

  slide() {
    const value = snap(this.limits.low * 10 ** (Number(this.range.value) / PER_DECADE));
    if (value === this.value) return;
    this.field.value = String(value);
    this.set(value, this.unit);
    this.onchange(value);
  }

  type() {
    const value = Number(this.field.value.trim().replace(",", "."));
    if (!(value >= this.limits.low && value <= this.limits.high)) {
      this.field.setAttribute("aria-invalid", "true");
      setText(this.note, `Type a number between ${this.limits.low} and ${this.limits.high} ${this.unit}.`);
      return;
    }
    if (value === this.value) return;
    this.set(value, this.unit);
    this.onchange(value);
  }
}
