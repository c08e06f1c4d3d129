/** Putting a view into its place in the page. */

import { speak, spoken, translate } from "./locale.js";

/** @import { Mounted } from "./types" */

/** @param {URL} url */
async function read(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} cannot be loaded: ${answer.status}.`);
  return answer.text();
}

/**
 * Make a component's default export: one view for each place in the page, in HTML and CSS that are
 * fetched once. Sent by Python instead, both would travel again with every change of the data.
 * @template {{update: (component: Mounted) => void, end: () => void}} View
 * @param {new (parent: HTMLElement) => View} View
 * @param {string} base the module's own address
 * @param {{html: string, css: string[]}} files relative to `base`; the plot's own take the place of
 *   `<!-- plot -->`
 */
export async function mounting(View, base, { html, css }) {
  const own = ["../lib/base.css", "../lib/plot.css", ...css];
  const [body, plot, ...styles] = await Promise.all(
    [html, "../lib/plot.html", ...own].map((file) => read(new URL(file, base))),
  );
  const views = /** @type {WeakMap<ParentNode, { view: View, language: string }>} */ (
    new WeakMap()
  );

  /** @param {Mounted} component */
  function show(component) {
    const { parentElement } = component;
    let found = views.get(parentElement);
    if (found?.language !== spoken()) {
      found?.view.end();
      for (const old of parentElement.querySelectorAll("[data-mounted]")) old.remove();
      const place = document.createElement("div");
      place.dataset.mounted = "";
      place.innerHTML = `<style>${styles.join("\n")}</style>${body.replace("<!-- plot -->", plot)}`;
      translate(place);
      parentElement.append(place);
      found = { view: new View(place), language: spoken() };
      views.set(parentElement, found);
    }
    found.view.update(component);
  }

  /**
   * Called by the page at mount, and again whenever `data` or the theme changes.
   * @param {Mounted} component
   * @returns {() => void} called at unmount
   */
  return function mount(component) {
    const { parentElement } = component;
    let isOver = false;
    const waiting = speak(component.data?.language ?? "en");
    if (waiting) waiting.then(() => isOver || show(component));
    else show(component);
    return () => {
      isOver = true;
      views.get(parentElement)?.view.end();
      views.delete(parentElement);
    };
  };
}
