// The list of keys, opened by "?" or from the plot's tools, and the way back to the tour.
import { el } from "./dom.js";
import { palette } from "./theme.js";

const KEYS = [
  ["N / P", "Next / previous spectrum"],
  ["1 to 8", "Show that candidate; with Shift, draw it below the one that is shown"],
  ["← →", "On a slider: one step (2.3 %). On the plot: the next peak or fragment to the left or right"],
  ["+ −", "On the plot: zoom in and out around the selection"],
  ["Shift + ← →", "On the plot: move the zoomed range"],
  ["0", "On the plot: reset the zoom"],
  ["Esc", "Close this list, clear the selection, undo what was typed into a field"],
  ["Tab", "Go to the next control; a number shows its definition"],
  ["?", "This list"],
];

let dialog = null;

/** @param root where the theme is read; @param again starts the tour anew. */
export function showKeys(root, again) {
  const opener = document.activeElement;
  dialog?.remove();
  dialog = el(
    "dialog", { class: "pl pl-dialog", "aria-labelledby": "pl-keys-title", "data-theme": palette(root).name },
    el("h2", { id: "pl-keys-title" }, "Keys"),
    el("dl", {}, ...KEYS.map(([key, what]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)))),
    el("div", { class: "pl-dialog-buttons" },
      again ? el("button", { type: "button", class: "pl-tool pl-plain", onclick: () => { dialog.close(); again(); } }, "Show the tour") : null,
      el("button", { type: "button", class: "pl-tool pl-plain pl-primary", onclick: () => dialog.close() }, "Close")),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    opener?.focus?.();
  });
  document.body.append(dialog);
  dialog.showModal();
}
