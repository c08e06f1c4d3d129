/** The answer about a drawing as a component that shows nothing. */

import { given } from "../lib/given.js";
import { publishAnswer } from "../lib/store.js";

/** @import { Mounted } from "../lib/types" */

/** @param {Mounted} component */
export default function mountAnswer(component) {
  const { data } = given(component);
  if (data) publishAnswer(data);
}
