// The few numbers over the plot, the loss first and largest; what each one means is a hover or a Tab away.
import { el, setText } from "./dom.js";
import { Reference } from "./reference.js";

const DEFINITION = "1 − cosine: 0 is the same shape, 1 has nothing in common";

export class Numbers {
  constructor() {
    this.node = el("div", { class: "pl-numbers", role: "group", "aria-label": "Losses and their parts" });
    this.tip = el("div", { class: "pl-tip", role: "tooltip", id: "pl-tip", hidden: true });
    this.node.append(this.tip);
    this.cells = new Map();
    this.reference = new Reference();
    this.shape = "";
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  /**
   * @param groups [{title, items: [{id, label, value, unit, help, tone}]}]; the first group holds the loss alone.
   * @param reference what the loss is compared with, see reference.js.
   */
  update(groups, reference) {
    this.reference.update(reference);
    const shape = JSON.stringify(groups.map((g) => [g.title, g.items.map((i) => i.id)]));
    if (shape !== this.shape) this.build(groups);
    this.shape = shape;
    for (const group of groups) {
      for (const item of group.items) {
        const cell = this.cells.get(item.id);
        cell.help = item.help;
        setText(cell.label, item.label);
        setText(cell.value, item.value);
        setText(cell.unit, item.unit ?? "");
        cell.node.dataset.tone = item.tone ?? "";
        cell.node.setAttribute("aria-label", `${item.label}: ${item.value} ${item.unit ?? ""}`);
      }
    }
    if (this.shown) setText(this.tip, this.shown.help);
  }

  build(groups) {
    this.cells.clear();
    this.hide();
    const [first, ...others] = groups;
    const lead = el(
      "div", { class: "pl-lead" },
      el("div", { class: "pl-loss" }, ...first.items.map((item) => this.cell(item)), el("div", { class: "pl-definition" }, DEFINITION)),
      this.reference.node,
    );
    const row = el("div", { class: "pl-groups" });
    row.append(
      ...others.map((group) =>
        el(
          "div", { class: "pl-group", role: "group", "aria-label": group.title },
          el("div", { class: "pl-group-title", "aria-hidden": "true" }, group.title),
          el("div", { class: "pl-cells" }, ...group.items.map((item) => this.cell(item))),
        ),
      ),
    );
    this.node.replaceChildren(lead, row, this.tip);
  }

  cell(item) {
    const cell = { label: el("span", { class: "pl-cell-label" }), value: el("span", { class: "pl-cell-value" }), unit: el("span", { class: "pl-cell-unit" }) };
    cell.node = el(
      "div",
      {
        class: "pl-cell", tabindex: "0", role: "note", "data-id": item.id, "aria-describedby": "pl-tip",
        onpointerenter: () => this.show(cell), onfocus: () => this.show(cell),
        onpointerleave: () => this.hide(), onblur: () => this.hide(),
      },
      el("span", { class: "pl-cell-line" }, cell.value, cell.unit), cell.label,
    );
    this.cells.set(item.id, cell);
    return cell.node;
  }

  show(cell) {
    this.shown = cell;
    setText(this.tip, cell.help);
    this.tip.hidden = false;
    const outer = this.node.getBoundingClientRect();
    const inner = cell.node.getBoundingClientRect();
    const left = Math.max(0, Math.min(inner.left - outer.left, outer.width - this.tip.offsetWidth));
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${inner.bottom - outer.top + 6}px`;
  }

  hide() {
    this.shown = null;
    this.tip.hidden = true;
  }
}
