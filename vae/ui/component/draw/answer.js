/** The answer about a drawing as a component that shows nothing. */

import { publishAnswer } from "../lib/store.js";

/** @param {import("../lib/types").Mounted} component */
export default function mountAnswer({ data }) {
  if (data) publishAnswer(data);
}
