// A figure whose points and bars can be clicked and whose ranges can be dragged: what was meant goes back to the page.
import { Cells } from "./cells.js";

export class Picks extends Cells {
  listen() {
    this.plot.on("plotly_click", (event) => {
      const point = event.points.find((one) => one.customdata !== undefined && one.data.type !== "heatmap");
      if (point) this.component.setTriggerValue("pick", point.customdata);
    });
    this.plot.on("plotly_selected", (event) => {
      if (event?.range) this.component.setTriggerValue("range", { x: event.range.x, y: event.range.y });
    });
  }
}
