/** The buttons that save a figure or pictures of the page, as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { TakeAwayView } from "./view.js";

export default await mounting(TakeAwayView, import.meta.url, {
  html: "view.html",
  css: ["view.css"],
});
