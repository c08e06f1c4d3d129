/** The Draw view as a Streamlit component: one DrawView for each place in the page. */

import { DrawView } from "./view.js";

/** The view of each place in the page. */
const drawViews = new WeakMap();

/**
 * Called by the page at mount, and again whenever `data` or the theme changes.
 * @param {{data: object, parentElement: ParentNode, setStateValue: Function}} component
 * @returns {() => void} called at unmount
 */
export default function mountDraw(component) {
  const { parentElement } = component;
  let view = drawViews.get(parentElement);
  if (view && !parentElement.contains(view.root)) {
    view.end();
    view = null;
  }
  if (!view) {
    view = new DrawView(parentElement);
    drawViews.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.end();
    drawViews.delete(parentElement);
  };
}
