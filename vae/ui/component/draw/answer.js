/** The answer about a drawing as a component that shows nothing; see draw_answers.js. */

import { publishAnswer } from "./answers.js";

/** @param {{data: object}} component */
export default function mountAnswer({ data }) {
  if (data) publishAnswer(data);
}
