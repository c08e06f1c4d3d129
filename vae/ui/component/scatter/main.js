/** An embedding's scatter plot as a Streamlit component: one view for each place in the page. */

import { ScatterView } from "./view.js";

/** The view of each place in the page. */
const scatters = new WeakMap();

/**
 * Called by the page at mount, and again whenever `data` or the theme changes.
 * @param {{
 *   data: object, parentElement: ParentNode, setStateValue: Function, setTriggerValue: Function,
 * }} component
 * @returns {() => void} called at unmount
 */
export default function mountScatter(component) {
  const { parentElement } = component;
  let view = scatters.get(parentElement);
  if (view && !parentElement.contains(view.root)) {
    view.end();
    view = null;
  }
  if (!view) {
    view = new ScatterView(parentElement);
    scatters.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.end();
    scatters.delete(parentElement);
  };
}
