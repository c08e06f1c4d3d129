/** Dense layers and convolutions as the one thing that the kernels compute. */

import { PANEL } from "./plain.js";

/** @import { Step } from "../lib/types" */
/** @import { Memory } from "./memory.js" */

/** @typedef {Record<string, any>} Op as vae/latent/export/network.py writes it */
/** @typedef {Record<string, any>} Arrays */

/**
 * A site: its place of the output, and for each of its taps which weights it takes and which place
 * of the input it looks at, or -1.
 * @typedef {{site: number, kernel: number[], places: number[]}} Site
 */

/**
 * @typedef {object} Layout
 * @property {number[]} shape of the output
 * @property {number} C @property {number} N
 * @property {Site[]} sites
 * @property {(n: number, c: number, k: number) => number} weightAt where the weight stands of output
 *   n, input c and place k of the kernel
 */

/** @param {Op} op @returns {Layout} */
function linearLayout(op) {
  return {
    shape: [op.out],
    C: op.in,
    N: op.out,
    sites: [{ site: 0, kernel: [0], places: [0] }],
    weightAt: (n, c) => n * op.in + c,
  };
}

/**
 * @param {Op} op @param {number[]} shape
 * @param {[number, number]} sides of the output
 * @param {(to: number, k: number, axis: number) => number|null} tapAt where along an axis the input
 *   lies that place k of the kernel takes to the output's `to`; null where there is none
 * @param {Layout["weightAt"]} weightAt
 * @returns {Layout}
 */
function convolutionLayout(op, [C, H, W], [outH, outW], tapAt, weightAt) {
  const [kh, kw] = op.kernel;
  const sites = [];
  for (let y = 0; y < outH; y++) {
    for (let x = 0; x < outW; x++) {
      const site = /** @type {Site} */ ({ site: y * outW + x, kernel: [], places: [] });
      for (let i = 0; i < kh; i++) {
        const fromY = tapAt(y, i, 0);
        if (fromY === null) continue;
        for (let j = 0; j < kw; j++) {
          const fromX = tapAt(x, j, 1);
          if (fromX === null) continue;
          const isInside = fromY >= 0 && fromY < H && fromX >= 0 && fromX < W;
          site.kernel.push(i * kw + j);
          site.places.push(isInside ? fromY * W + fromX : -1);
        }
      }
      sites.push(site);
    }
  }
  return { shape: [op.out, outH, outW], C, N: op.out, sites, weightAt };
}

/** @param {Op} op @param {number[]} shape */
function convLayout(op, shape) {
  const { kernel, stride, padding } = op;
  const [outH, outW] = [0, 1].map(
    (axis) => Math.floor((shape[1 + axis] + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1,
  );
  const area = kernel[0] * kernel[1];
  return convolutionLayout(
    op,
    shape,
    [outH, outW],
    (to, k, axis) => to * stride[axis] - padding[axis] + k,
    (n, c, k) => (n * shape[0] + c) * area + k,
  );
}

/** @param {Op} op @param {number[]} shape */
function convTransposeLayout(op, shape) {
  const { kernel, stride, padding, output_padding: extra } = op;
  const [outH, outW] = [0, 1].map(
    (axis) => (shape[1 + axis] - 1) * stride[axis] - 2 * padding[axis] + kernel[axis] + extra[axis],
  );
  const area = kernel[0] * kernel[1];
  return convolutionLayout(
    op,
    shape,
    [outH, outW],
    (to, k, axis) => {
      const from = (to + padding[axis] - k) / stride[axis];
      return Number.isInteger(from) ? from : null;
    },
    (n, c, k) => (c * op.out + n) * area + k,
  );
}

/** @type {Record<string, (op: Op, shape: number[]) => Layout>} */
export const LAYOUTS = {
  linear: linearLayout,
  conv2d: convLayout,
  conv_transpose2d: convTransposeLayout,
};

/**
 * Put weights into panels: (ceil(N / 4), T, C, 4).
 * @param {Float32Array} panels @param {Float32Array} weight @param {Layout} layout
 * @param {number[]} kernel which of the kernel's places the taps take
 */
function fillPanels(panels, weight, { C, N, weightAt }, kernel) {
  const T = kernel.length;
  for (let n = 0; n < N; n++) {
    const panel = (n - (n % PANEL)) * T * C + (n % PANEL);
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        panels[panel + PANEL * (t * C + c)] = weight[weightAt(n, c, kernel[t])];
      }
    }
  }
}

/**
 * Make a dense layer or a convolution ready to run.
 * @param {Op} op @param {Arrays} arrays @param {number[]} shape @param {Memory} memory
 * @returns {Step}
 */
export function productStep(op, arrays, shape, memory) {
  const layout = LAYOUTS[op.op](op, shape);
  const { C, N, sites } = layout;
  const wholeN = Math.ceil(N / PANEL) * PANEL;
  const bias = memory.take(wholeN);
  if (op.bias) memory.floats(bias, N).set(arrays[op.bias]);
  // Sites that take the same weights are computed together: all but those of a transposed
  // convolution, where a stride of two makes four kinds.
  const kinds = /** @type {Record<string, Site[]>} */ ({});
  for (const site of sites) {
    const key = site.kernel.join();
    kinds[key] ??= [];
    kinds[key].push(site);
  }
  const calls = Object.values(kinds).map((kind) => {
    const { kernel } = kind[0];
    const T = Math.max(1, kernel.length);
    const room = wholeN * T * C;
    const weight = memory.take(room);
    fillPanels(memory.floats(weight, room), arrays[op.weight], layout, kernel);
    // A site that no place of the input reaches has its bias alone: one tap outside.
    const taps = kind.flatMap(({ places }) => (places.length ? places : [-1]));
    return {
      weight,
      taps: memory.keepInts(Int32Array.from(taps)),
      sites: memory.keepInts(Int32Array.from(kind, ({ site }) => site)),
      P: kind.length,
      T,
    };
  });
  const { kernels } = memory;
  return {
    shape: layout.shape,
    floor: -Infinity,
    run(x, out, lanes) {
      const kernel = lanes === 1 ? kernels.one : kernels.many;
      const [from, to] = [x.byteOffset, out.byteOffset];
      for (const { weight, taps, sites, P, T } of calls) {
        kernel(from, weight, bias, to, taps, sites, P, T, C, N, this.floor ?? -Infinity);
      }
    },
  };
}
