/** The path of an image through a vector-quantised model, as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { CodebookView } from "./view.js";

export default await mounting(CodebookView, import.meta.url, {
  html: "view.html",
  css: ["../flow/flow.css", "view.css"],
});
