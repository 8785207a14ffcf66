// What scrolls is reached by the keyboard, and what has a name has a role, also where Streamlit's own parts forget it.
const SCROLLS = "[data-testid=stCode] pre, [data-testid=stSidebarContent], [data-testid=stMain]";
// It calls itself mere presentation and is named and focused all the same; screen readers then differ in what they say.
const NAMED = "[data-testid=stFileUploaderDropzone][role=presentation]";
const WAIT = 300; // ms; pages change in bursts

let waiting = null;

function mark() {
  waiting = null;
  for (const node of document.querySelectorAll(SCROLLS)) {
    const scrolls = node.scrollHeight > node.clientHeight || node.scrollWidth > node.clientWidth;
    if (scrolls && !node.hasAttribute("tabindex")) node.setAttribute("tabindex", "0");
  }
  for (const node of document.querySelectorAll(NAMED)) node.setAttribute("role", "group");
}

export function keepInReach() {
  new MutationObserver(() => (waiting ??= setTimeout(mark, WAIT))).observe(document.body, { childList: true, subtree: true });
  mark();
}
