/**
 * Decodes beside the page, so that no frame waits for it: it is sent a run, then images, then codes
 * whose reconstruction losses it answers with.
 */

import { reconLoss } from "../network/losses.js";
import { Decoder } from "../network/model.js";
import { unpack } from "../network/payload.js";
import { lossesAt } from "./job.js";

/** @import { Loss } from "../lib/types" */

/** @type {Decoder|null} */
let decoder = null;
/** @type {Loss["of"]} */
let lossOf = reconLoss({}).of;
/** @type {{pixels: Uint8Array, label: number}} */
let image = { pixels: new Uint8Array(0), label: 0 };

addEventListener("message", ({ data }) => {
  if (data.bytes) {
    const { header, arrays } = unpack(data.bytes);
    decoder = new Decoder(header, arrays);
    lossOf = reconLoss(header).of;
  } else if (data.pixels) {
    image = data;
  } else if (decoder) {
    const losses = lossesAt(decoder, lossOf, image, data.codes);
    postMessage({ id: data.id, losses });
  }
});
