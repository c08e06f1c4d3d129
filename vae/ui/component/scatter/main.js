/** An embedding's scatter plot as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { ScatterView } from "./view.js";

export default await mounting(ScatterView, import.meta.url, {
  html: "view.html",
  css: ["view.css"],
});
