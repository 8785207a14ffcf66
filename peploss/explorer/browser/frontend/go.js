// Follows a link of the page, as a click would. The server could change the page as well, but it would leave a step in
// the browser's history that mixes the address of one page with the parameters of the other.
const TRIES = 120;

let followed;

export class Go {
  async update({ to, token }) {
    if (token === followed) return;
    for (let n = 0; n < TRIES; n++) {
      const link = document.querySelector(`.st-key-${to} a`);
      if (link) {
        followed = token;
        link.click();
        return;
      }
      await new Promise(requestAnimationFrame);
    }
    throw new Error(`There is no link in ${to}.`);
  }

  close() {}
}
