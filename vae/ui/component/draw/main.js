/** The Draw view as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { DrawView } from "./view.js";

export default await mounting(DrawView, import.meta.url, {
  html: "view.html",
  css: ["view.css"],
});
