// What scrolls is reached by the keyboard, also where Streamlit's own parts forget it.
const SCROLLS = "[data-testid=stCode] pre, [data-testid=stSidebarContent], [data-testid=stMain]";
const WAIT = 300; // ms; pages change in bursts

let waiting = null;

function mark() {
  waiting = null;
  for (const node of document.querySelectorAll(SCROLLS)) {
    const scrolls = node.scrollHeight > node.clientHeight || node.scrollWidth > node.clientWidth;
    if (scrolls && !node.hasAttribute("tabindex")) node.setAttribute("tabindex", "0");
  }
}

export function keepInReach() {
  new MutationObserver(() => (waiting ??= setTimeout(mark, WAIT))).observe(document.body, { childList: true, subtree: true });
  mark();
}
