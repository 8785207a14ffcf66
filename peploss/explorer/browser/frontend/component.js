// The one door Streamlit knocks at: every run calls it with the newest payload, the nodes behind it stay.
import { Cells } from "./cells.js";
import { Figure } from "./figure.js";
import { Go } from "./go.js";
import { oneStepPerPage } from "./history.js";
import { Picks } from "./picks.js";
import { keepInReach } from "./reach.js";
import { Stage } from "./stage.js";
import { Steps } from "./steps.js";
import { Widths } from "./widths.js";
import { unpack } from "./wire.js";

const KINDS = { stage: Stage, figure: Figure, steps: Steps, cells: Cells, picks: Picks, widths: Widths, go: Go };

keepInReach();
oneStepPerPage();

export default function mount(component) {
  const root = component.parentElement.querySelector(".pl");
  const payload = unpack(component.data);
  root.peploss ??= new KINDS[payload.kind](root);
  root.peploss.update(payload, component).catch((error) => {
    console.error(error);
    root.dataset.error = String(error);
  });
  return () => {
    // Streamlit also calls this for a run that a newer one overtook, while the node is still on the page.
    if (!root.isConnected) root.peploss?.close();
  };
}
