/** The page's side of the workers: codes go there, reconstruction losses come back. */

import { gettext } from "../lib/locale.js";
import { noteTime } from "../network/timing.js";
import { PosteriorJob } from "./job.js";

/** @import { Run } from "../lib/types" */
/** @import { Chunk, Pinned } from "./job.js" */

/** More would take cores from the page. */
const WORKERS = 2;
/** Chunks that a worker has at a time: one to work on, one to go on with. */
const AT_ONCE = 2;
/** The map is painted again after so many milliseconds at least. */
const PAINT_MS = 40;

/** Works on one image at a time. */
export class PosteriorClient {
  /** @param {(job: PosteriorJob) => void} take @param {(sentence: string) => void} fail */
  constructor(take, fail) {
    this.take = take;
    this.fail = fail;
    /** @type {Worker[]} */
    this.workers = [];
    /** @type {PosteriorJob|null} */
    this.job = null;
    this.sent = 0;
    /** What the workers have, by number. @type {Map<number, Chunk>} */
    this.pending = new Map();
    this.startedAt = this.paintedAt = 0;
  }

  /** Take a run. @param {Run} run */
  begin({ bytes }) {
    this.end();
    for (let i = 0; i < WORKERS; i++) {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => this.hear(worker, data);
      worker.onerror = () => {
        this.fail(
          gettext("The posterior cannot be computed: the browser did not start a worker for it."),
        );
      };
      // As packed: widened weights would take longer to hand over than a frame lasts.
      const copy = bytes.slice();
      worker.postMessage({ bytes: copy }, [copy.buffer]);
      this.workers.push(worker);
    }
  }

  /** Work on an image in place of the one before. @param {Pinned} pinned */
  ask(pinned) {
    const { pixels, label } = pinned;
    this.pending.clear();
    this.job = new PosteriorJob(pinned);
    this.startedAt = this.paintedAt = performance.now();
    for (const worker of this.workers) {
      worker.postMessage({ pixels, label });
      for (let i = 0; i < AT_ONCE; i++) this.handOut(worker);
    }
  }

  /** @param {Worker} worker */
  handOut(worker) {
    const chunk = this.job?.next();
    if (!chunk) return;
    this.sent++;
    this.pending.set(this.sent, chunk);
    worker.postMessage({ id: this.sent, codes: chunk.codes });
  }

  /** @param {Worker} worker @param {{id: number, losses: Float64Array}} answer */
  hear(worker, { id, losses }) {
    const { job, pending } = this;
    const chunk = pending.get(id);
    // Of an image that is no longer asked for?
    if (!job || !chunk) return;
    pending.delete(id);
    job.take(chunk, losses);
    this.handOut(worker);
    // A level of the grid has ended, and all wait for the next one.
    if (!pending.size) for (const other of this.workers) this.handOut(other);
    const now = performance.now();
    if (job.isComplete) noteTime("vae:posterior", this.startedAt, { images: job.grid.count });
    else if (now - this.paintedAt < PAINT_MS) return;
    this.paintedAt = now;
    this.take(job);
  }

  /** Forget what was asked. */
  cancel() {
    this.job = null;
    this.pending.clear();
  }

  end() {
    this.cancel();
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }
}
