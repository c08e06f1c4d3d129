/**
 * The operations of a network, made ready to run.
 *
 * What goes from one to the next is (place, channel, lane): the numbers of a place stand together,
 * and for each of them the lanes, which are images. A vector has one place.
 */

import { LANES } from "./plain.js";
import { LAYOUTS, productStep } from "./product.js";

/** @import { Step } from "../lib/types" */
/** @import { Memory } from "./memory.js" */
/** @import { Arrays, Op } from "./product.js" */

export const sizeOf = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);

/** Channels and places of a shape: a vector has as many channels as numbers. */
export const channelsAndArea = (/** @type {number[]} */ [C, ...sides]) => [C, sizeOf(sides)];

/** @param {number[]} shape @returns {Step} */
function reluStep(shape) {
  const size = sizeOf(shape);
  return {
    shape,
    run(x, out, lanes) {
      for (let i = 0; i < lanes * size; i++) out[i] = x[i] > 0 ? x[i] : 0;
    },
  };
}

/** @param {number[]} shape @param {Memory} memory @returns {Step} */
function sigmoidStep(shape, { kernels }) {
  const size = sizeOf(shape);
  return {
    shape,
    run(x, out, lanes) {
      kernels.sigmoid(x.byteOffset, out.byteOffset, lanes * size);
    },
  };
}

/**
 * Another shape of the same numbers, which count channel by channel.
 * @param {number[]} shape @param {number[]} to
 * @returns {Step|null} null where they stand as they stood
 */
function reshapeStep(shape, to) {
  const [[C, area], [newC, newArea]] = [shape, to].map(channelsAndArea);
  const stay = (/** @type {number} */ a, /** @type {number} */ b) => a === 1 || b === 1;
  if (C === newC || (stay(C, area) && stay(newC, newArea))) return null;
  return {
    shape: to,
    run(x, out, lanes) {
      for (let c = 0, i = 0; c < newC; c++) {
        for (let p = 0; p < newArea; p++, i++) {
          const from = ((i % area) * C + Math.floor(i / area)) * lanes;
          const at = (p * newC + c) * lanes;
          for (let lane = 0; lane < lanes; lane++) out[at + lane] = x[from + lane];
        }
      }
    },
  };
}

/**
 * The label, one-hot behind a vector or behind the channels of each place.
 * @param {number} classes @param {number[]} shape @returns {Step}
 */
function labelStep(classes, shape) {
  const [C, area] = channelsAndArea(shape);
  const made = C + classes;
  return {
    shape: [made, ...shape.slice(1)],
    run(x, out, lanes, labels) {
      for (let p = 0; p < area; p++) {
        const at = p * made * lanes;
        for (let i = 0; i < C * lanes; i++) out[at + i] = x[p * C * lanes + i];
        out.fill(0, at + C * lanes, at + made * lanes);
        for (let lane = 0; lane < lanes; lane++) {
          const label = labels[lane];
          if (label >= 0 && label < classes) out[at + (C + label) * lanes + lane] = 1;
        }
      }
    },
  };
}

/** @param {Op} op @param {Arrays} arrays @param {number[]} shape @param {Memory} memory */
function residualStep(op, arrays, shape, memory) {
  const body = new Steps(op.ops, arrays, shape, memory);
  const size = sizeOf(shape);
  return {
    shape,
    /** @type {Step["run"]} */
    run(x, out, lanes, labels) {
      const made = body.run(x, lanes, labels);
      for (let i = 0; i < lanes * size; i++) out[i] = x[i] + made[i];
    },
  };
}

/**
 * @param {Op} op @param {Arrays} arrays @param {number[]} shape of an image before it
 * @param {Memory} memory
 * @returns {Step|null} null where there is nothing to do
 */
function makeStep(op, arrays, shape, memory) {
  if (LAYOUTS[op.op]) return productStep(op, arrays, shape, memory);
  switch (op.op) {
    case "reshape":
      return reshapeStep(shape, op.shape[0] < 0 ? [sizeOf(shape)] : op.shape);
    case "relu":
      return reluStep(shape);
    case "sigmoid":
      return sigmoidStep(shape, memory);
    case "label":
      return labelStep(op.classes, shape);
    case "residual":
      return residualStep(op, arrays, shape, memory);
    default:
      throw new Error(`This network has an operation that the page does not know: ${op.op}.`);
  }
}

/** Operations one after the other. */
export class Steps {
  /** @param {Op[]} ops @param {Arrays} arrays @param {number[]} shape @param {Memory} memory */
  constructor(ops, arrays, shape, memory) {
    this.steps = /** @type {Step[]} */ ([]);
    this.memory = memory;
    this.addresses = /** @type {number[]} */ ([]);
    for (const op of ops) {
      const last = this.steps.at(-1);
      if (op.op === "relu" && last?.floor !== undefined) {
        last.floor = 0; // the kernel does it on the way
        continue;
      }
      const step = makeStep(op, arrays, shape, memory);
      if (op.op === "reshape") shape = op.shape[0] < 0 ? [sizeOf(shape)] : op.shape;
      if (!step) continue;
      shape = step.shape;
      this.steps.push(step);
      this.addresses.push(memory.take(LANES * sizeOf(shape)));
    }
    this.shape = shape;
    /** What each step gives; made at the first run, when the memory no longer grows. */
    this.made = /** @type {Float32Array[]} */ ([]);
  }

  /**
   * @param {Float32Array} x @param {number} lanes 1 or LANES @param {Int32Array} labels of the lanes
   * @param {number} [count] steps to run
   * @returns {Float32Array} what the last of them gives
   */
  run(x, lanes, labels, count = this.steps.length) {
    const { steps, memory, addresses, made } = this;
    let now = x;
    for (let i = 0; i < count; i++) {
      made[i] ??= memory.floats(addresses[i], LANES * sizeOf(steps[i].shape));
      steps[i].run(now, made[i], lanes, labels);
      now = made[i];
    }
    return now;
  }
}
