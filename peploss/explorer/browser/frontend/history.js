// A page reached by the menu or a link comes up first, and then says in its address what it shows. To the browser that
// is a second step, and the way back would stop between the two, at an address that says nothing.

let fresh = false; // on a page that was just come to, before anybody did anything on it

/** What a page writes into its address by itself, as it comes up, is no step of its own. */
export function oneStepPerPage() {
  if (history.onestep) return; // another copy of this script does it
  history.onestep = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const there = new URL(url, location.href).pathname === location.pathname;
    if (there && fresh) history.replaceState(state, title, url);
    else push(state, title, url);
    fresh = !there;
  };
  for (const type of ["pointerdown", "keydown"]) {
    addEventListener(type, () => {
      fresh = false;
    }, true);
  }
}
