/** What Python gives a component. */

/** @import { Mounted } from "./types" */

/**
 * Unpack a component's data, which Python sends as a list of one.
 * @param {Mounted} component
 * @returns {Mounted}
 */
export function given(component) {
  const { data } = component;
  return Array.isArray(data) ? { ...component, data: data[0] } : component;
}
