/** The toolbar of every page as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { ToolbarView } from "./view.js";

export default await mounting(ToolbarView, import.meta.url, {
  html: "view.html",
  css: ["view.css"],
});
