/**
 * Works on pinned images beside the page, so that no frame waits for it.
 *
 * It is sent a run once, then an image at a time; a newer image ends the work on the one before.
 * It answers with the state of the work, now and then and at its end.
 */

import { reconLoss } from "../network/losses.js";
import { Decoder } from "../network/model.js";
import { PosteriorJob } from "./job.js";

/** @import { Loss } from "../lib/types" */

/** The first picture comes after so many milliseconds, then one every so many. */
const SLICE_MS = 40;

/** @type {Decoder|null} */
let decoder = null;
/** @type {Loss["of"]} */
let lossOf = reconLoss({}).of;
let latest = 0;
const channel = new MessageChannel();

/** @param {PosteriorJob} job @param {number} id */
function report({ average, grid, isComplete }, id) {
  const sent = grid.count;
  postMessage({
    id,
    isComplete,
    average: average.isComplete
      ? {
          reconLoss: average.reconLoss,
          error: average.error,
          kl: average.kl,
          importanceBound: average.importanceBound,
        }
      : null,
    grid: {
      sizes: grid.sizes,
      places: grid.places.map((axis) => axis.slice(0, sent)),
      level: grid.level.slice(0, sent),
      span: grid.span.slice(0, sent),
      values: grid.values.slice(0, sent),
      isSplit: grid.isSplit.slice(0, sent),
      done: grid.done,
      logEvidence: grid.isComplete ? grid.logEvidence() : null,
    },
  });
}

/** @param {PosteriorJob} job @param {number} id */
function go(job, id) {
  if (id !== latest) return;
  const isDone = job.work(SLICE_MS);
  report(job, id);
  if (isDone) return;
  // A message to oneself comes at once, and after those that the page has sent meanwhile.
  channel.port1.onmessage = () => go(job, id);
  channel.port2.postMessage(null);
}

addEventListener("message", ({ data }) => {
  if (data.header) {
    decoder = new Decoder(data.header, data.arrays);
    lossOf = reconLoss(data.header).of;
    return;
  }
  latest = data.id;
  if (decoder && data.pinned) go(new PosteriorJob(decoder, lossOf, data.pinned), data.id);
});
