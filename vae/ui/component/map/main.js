/** The latent map as a Streamlit component. */

import { mounting } from "../lib/mount.js";
import { View } from "./view.js";

export default await mounting(View, import.meta.url, {
  html: "view.html",
  css: [
    "../elbo/elbo.css",
    "../flow/flow.css",
    "../epochs/epochs.css",
    "../path/path.css",
    "view.css",
  ],
});
