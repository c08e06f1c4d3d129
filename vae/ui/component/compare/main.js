/** The comparison as a Streamlit component: one CompareView for each place in the page. */

import { CompareView } from "./view.js";

/** The comparison of each place in the page. */
const comparisons = new WeakMap();

/**
 * Called by the page at mount, and again whenever `data` or the theme changes.
 * @param {{data: object, parentElement: ParentNode, setStateValue: Function}} component
 * @returns {() => void} called at unmount
 */
export default function mountComparison(component) {
  const { parentElement } = component;
  let view = comparisons.get(parentElement);
  if (view && !parentElement.contains(view.root)) {
    view.end();
    view = null;
  }
  if (!view) {
    view = new CompareView(parentElement);
    comparisons.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.end();
    comparisons.delete(parentElement);
  };
}
