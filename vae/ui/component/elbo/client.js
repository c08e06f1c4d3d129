/** The page's side of the worker: an image goes there, the state of its posterior comes back. */

/** @import { Run } from "../lib/types" */
/** @import { Pinned } from "./job.js" */

/**
 * @typedef {object} Average over q(z|x), in nats
 * @property {number} reconLoss E_q[-log p(x|z)]
 * @property {number} error its standard error; 0 where nothing is drawn
 * @property {number} kl
 * @property {number} importanceBound lower bound of log p(x) by importance sampling
 */

/**
 * @typedef {object} GridState cells of elbo/grid.js
 * @property {number[][]} sizes
 * @property {Float64Array[]} places
 * @property {Uint8Array} level
 * @property {Uint8Array} span
 * @property {Float64Array} values
 * @property {Uint8Array} isSplit
 * @property {number} done
 * @property {number|null} logEvidence
 */

/** @typedef {{isComplete: boolean, average: Average|null, grid: GridState}} Posterior */

/** Asks for posteriors, one at a time. */
export class PosteriorClient {
  /** @param {(posterior: Posterior) => void} take @param {(sentence: string) => void} fail */
  constructor(take, fail) {
    this.take = take;
    this.fail = fail;
    this.id = 0;
    this.startedAt = 0;
    /** @type {Worker|null} */
    this.worker = null;
  }

  /** Take a run; what was asked of the one before is forgotten. @param {Run} run */
  begin({ header, arrays }) {
    this.end();
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = () => {
      this.fail("The posterior cannot be computed: the browser did not start a worker for it.");
    };
    // Codes stay here: the decoder alone is needed there.
    const { mu: _, logvar: __, label: ___, ...weights } = arrays;
    worker.postMessage({ header, arrays: weights });
    this.worker = worker;
  }

  /** @param {Pinned} pinned */
  ask(pinned) {
    this.id++;
    this.startedAt = performance.now();
    this.worker?.postMessage({ id: this.id, pinned });
  }

  /** Forget what was asked. */
  cancel() {
    this.id++;
    this.worker?.postMessage({ id: this.id });
  }

  /** @param {Posterior & {id: number}} answer */
  hear(answer) {
    if (answer.id !== this.id) return;
    if (answer.isComplete) performance.measure("vae:posterior", { start: this.startedAt });
    this.take(answer);
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
  }
}
