/** The comparison of runs under one cursor as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { CompareView } from "./view.js";

export default await mounting(CompareView, import.meta.url, {
  html: "view.html",
  css: ["view.css"],
});
