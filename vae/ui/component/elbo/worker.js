/**
 * Decodes beside the page, so that no frame waits for it: it is sent a run, then images, then codes
 * whose reconstruction losses it answers with.
 */

import { reconLoss } from "../network/losses.js";
import { Decoder } from "../network/model.js";
import { BATCH } from "../network/network.js";
import { unpack } from "../network/payload.js";
import { lossesAt } from "./job.js";

/** @import { Loss } from "../lib/types" */

/** Codes to decode before any is asked for. */
const WARM_UP = 3 * BATCH;

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
    // The first codes take longest: the browser compiles what it runs often once more.
    const codes = new Float32Array(WARM_UP * header.latent_dim);
    lossesAt(decoder, lossOf, { pixels: new Uint8Array(decoder.pixels), label: 0 }, codes);
  } else if (data.pixels) {
    image = data;
  } else if (decoder) {
    const losses = lossesAt(decoder, lossOf, image, data.codes);
    postMessage({ id: data.id, losses });
  }
});
