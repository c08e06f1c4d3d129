/**
 * The carrier: brings a run's bytes into the page and shows nothing.
 *
 * It is a component of its own because a component's message goes out again whenever any part of
 * it changes: here nothing ever does, so the weights travel once.
 */

import { unpack } from "../network/payload.js";
import { holdRun, publishRun } from "./store.js";

/** @import { Mounted } from "./types" */

/**
 * What each mounted carrier brought.
 * @type {WeakMap<ParentNode, {data: Uint8Array, key: string}>}
 */
const carried = new WeakMap();

/** @param {Mounted<Uint8Array>} component @returns {() => void} */
export default function mountCarrier({ data, parentElement }) {
  const before = carried.get(parentElement);
  // A change of theme calls this again with the very same bytes.
  if (data && before?.data !== data) {
    const run = { ...unpack(data), bytes: data };
    holdRun(run.header.run, 1);
    if (before) holdRun(before.key, -1);
    carried.set(parentElement, { data, key: run.header.run });
    publishRun(run);
  }
  return () => {
    const now = carried.get(parentElement);
    if (now) holdRun(now.key, -1);
    carried.delete(parentElement);
  };
}
