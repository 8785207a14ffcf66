// A figure whose heat map can be clicked: the cell's place goes back to the page.
import { Figure } from "./figure.js";
import { palette } from "./theme.js";

export class Cells extends Figure {
  async update(payload, component) {
    this.component = component;
    const { name } = palette(this.root);
    const same = payload.revision && payload.revision === this.root.dataset.drawn && name === this.root.dataset.theme;
    if (same) return;
    await super.update(payload);
    if (!this.listening) {
      this.listening = true;
      this.listen();
    }
    this.root.dataset.drawn = payload.revision ?? "";
  }

  // Once, when there is a plot to listen to.
  listen() {
    this.plot.on("plotly_click", (event) => {
      const cell = event.points.find((point) => point.data.type === "heatmap");
      if (cell) this.component.setTriggerValue("pick", { x: cell.x, y: cell.y });
    });
  }
}
