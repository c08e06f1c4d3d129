/** The latent map as a Streamlit component: one View for each place in the page. */

import { View } from "./view.js";

/** The view of each place in the page. */
const views = new WeakMap();

/**
 * Called by the page at mount, and again whenever `data` or the theme changes.
 * @param {{data: object, parentElement: ParentNode, setStateValue: Function}} component
 * @returns {() => void} called at unmount
 */
export default function mountView(component) {
  const { parentElement } = component;
  let view = views.get(parentElement);
  if (view && !parentElement.contains(view.root)) {
    view.end();
    view = null;
  }
  if (!view) {
    view = new View(parentElement);
    views.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.end();
    views.delete(parentElement);
  };
}
