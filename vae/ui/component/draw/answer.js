/** The answer about a drawing as a component that shows nothing. */

import { publishAnswer } from "../lib/store.js";

/** @import { Mounted } from "../lib/types" */

/** @param {Mounted} component */
export default function mountAnswer({ data }) {
  if (data) publishAnswer(data);
}
