/**
 * The operations of a network. Everything is a matrix product: a linear layer has one row an image,
 * a convolution one row a pixel.
 */

import { Product, transpose } from "./matrix.js";

/** @import { Step } from "../lib/types" */

/** @typedef {Record<string, any>} Op as vae/latent/export/network.py writes it */
/** @typedef {Record<string, any>} Arrays */

/** @param {Op} op @param {Arrays} arrays @returns {Step} */
function linearStep(op, arrays) {
  const matrix = transpose(arrays[op.weight], op.out, op.in);
  const product = new Product(matrix, arrays[op.bias], op.in, op.out);
  return {
    size: op.out,
    shape: [op.out],
    run(x, out, images) {
      product.run(x, out, images);
    },
  };
}

/** @type {Record<string, (value: number) => number>} */
const EACH = {
  relu: (value) => (value > 0 ? value : 0),
  sigmoid: (value) => 1 / (1 + Math.exp(-value)),
};

/**
 * @param {(value: number) => number} of @param {number} size @param {number[]} shape
 * @returns {Step}
 */
function eachStep(of, size, shape) {
  return {
    size,
    shape,
    run(x, out, images) {
      for (let i = 0; i < images * size; i++) out[i] = of(x[i]);
    },
  };
}

/**
 * The label, one-hot behind a vector or behind the channels.
 * @param {number} classes @param {number} size @param {number[]} shape @returns {Step}
 */
function labelStep(classes, size, [C, ...sides]) {
  const area = size / C;
  const made = size + classes * area;
  return {
    size: made,
    shape: [C + classes, ...sides],
    run(x, out, images, labels) {
      for (let n = 0; n < images; n++) {
        const at = n * made;
        for (let i = 0; i < size; i++) out[at + i] = x[n * size + i];
        out.fill(0, at + size, at + made);
        const from = at + size + labels[n] * area;
        if (labels[n] >= 0 && labels[n] < classes) out.fill(1, from, from + area);
      }
    },
  };
}

/**
 * @param {Op[]} ops @param {Arrays} arrays @param {number} size @param {number[]} shape
 * @param {number} most @returns {Step}
 */
function residualStep(ops, arrays, size, shape, most) {
  const { steps } = makeSteps(ops, arrays, shape, most);
  const made = steps.map((step) => new Float32Array(most * step.size));
  return {
    size,
    shape,
    run(x, out, images, labels) {
      let now = x;
      steps.forEach((step, i) => {
        step.run(now, made[i], images, labels);
        now = made[i];
      });
      for (let i = 0; i < images * size; i++) out[i] = x[i] + now[i];
    },
  };
}

/**
 * (C, H, W) images to rows of C numbers, one a pixel.
 * @param {Float32Array} x @param {Float32Array} rows @param {number} images @param {number} C
 * @param {number} area
 */
function toRows(x, rows, images, C, area) {
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < C; c++) {
      const from = (n * C + c) * area;
      for (let p = 0; p < area; p++) rows[(n * area + p) * C + c] = x[from + p];
    }
  }
}

/**
 * @param {Op} op @param {Arrays} arrays @param {number[]} shape @param {number} most
 * @returns {Step}
 */
function convTransposeStep(op, arrays, shape, most) {
  const [C, H, W] = shape;
  const [kh, kw] = op.kernel;
  const [sh, sw] = op.stride;
  const [ph, pw] = op.padding;
  const outH = (H - 1) * sh - 2 * ph + kh + op.output_padding[0];
  const outW = (W - 1) * sw - 2 * pw + kw + op.output_padding[1];
  const size = op.out * outH * outW;
  const N = op.out * kh * kw;
  const bias = arrays[op.bias] ?? new Float32Array(op.out);
  // Each input pixel's channels give all that this pixel adds to the output: its own kernels.
  const product = new Product(arrays[op.weight], null, C, N);
  const rows = new Float32Array(most * H * W * C);
  const added = new Float32Array(most * H * W * N);
  return {
    size,
    shape: [op.out, outH, outW],
    run(x, out, images) {
      toRows(x, rows, images, C, H * W);
      product.run(rows, added, images * H * W);
      for (let n = 0; n < images; n++) {
        for (let c = 0; c < op.out; c++) {
          const plane = n * size + c * outH * outW;
          out.fill(bias[c], plane, plane + outH * outW);
        }
        for (let y = 0; y < H; y++) {
          for (let x0 = 0; x0 < W; x0++) {
            const from = ((n * H + y) * W + x0) * N;
            for (let ky = 0; ky < kh; ky++) {
              const oy = y * sh - ph + ky;
              if (oy < 0 || oy >= outH) continue;
              for (let kx = 0; kx < kw; kx++) {
                const ox = x0 * sw - pw + kx;
                if (ox < 0 || ox >= outW) continue;
                let to = n * size + oy * outW + ox;
                let at = from + ky * kw + kx;
                for (let c = 0; c < op.out; c++) {
                  out[to] += added[at];
                  to += outH * outW;
                  at += kh * kw;
                }
              }
            }
          }
        }
      }
    },
  };
}

/**
 * @param {Op} op @param {Arrays} arrays @param {number[]} shape @param {number} most
 * @returns {Step}
 */
function convStep(op, arrays, shape, most) {
  const [C, H, W] = shape;
  const [kh, kw] = op.kernel;
  const [sh, sw] = op.stride;
  const [ph, pw] = op.padding;
  const outH = Math.floor((H + 2 * ph - kh) / sh) + 1;
  const outW = Math.floor((W + 2 * pw - kw) / sw) + 1;
  const area = outH * outW;
  const K = C * kh * kw;
  const matrix = transpose(arrays[op.weight], op.out, K);
  const product = new Product(matrix, arrays[op.bias], K, op.out);
  const rows = new Float32Array(most * area * K);
  const made = new Float32Array(most * area * op.out);
  return {
    size: op.out * area,
    shape: [op.out, outH, outW],
    run(x, out, images) {
      let at = 0;
      for (let n = 0; n < images; n++) {
        for (let oy = 0; oy < outH; oy++) {
          for (let ox = 0; ox < outW; ox++) {
            for (let c = 0; c < C; c++) {
              for (let ky = 0; ky < kh; ky++) {
                const y = oy * sh - ph + ky;
                for (let kx = 0; kx < kw; kx++) {
                  const x0 = ox * sw - pw + kx;
                  const inside = y >= 0 && y < H && x0 >= 0 && x0 < W;
                  rows[at++] = inside ? x[((n * C + c) * H + y) * W + x0] : 0;
                }
              }
            }
          }
        }
      }
      product.run(rows, made, images * area);
      for (let n = 0; n < images; n++) {
        for (let p = 0; p < area; p++) {
          for (let c = 0; c < op.out; c++) {
            out[(n * op.out + c) * area + p] = made[(n * area + p) * op.out + c];
          }
        }
      }
    },
  };
}

/**
 * Make an operation of vae/latent/export/network.py ready to run.
 * @param {Op} op @param {Arrays} arrays
 * @param {number} size numbers an image before it
 * @param {number[]} shape of an image before it
 * @param {number} most images at a time
 */
export function makeStep(op, arrays, size, shape, most) {
  if (EACH[op.op]) return eachStep(EACH[op.op], size, shape);
  switch (op.op) {
    case "linear":
      return linearStep(op, arrays);
    case "label":
      return labelStep(op.classes, size, shape);
    case "residual":
      return residualStep(op.ops, arrays, size, shape, most);
    case "conv2d":
      return convStep(op, arrays, shape, most);
    case "conv_transpose2d":
      return convTransposeStep(op, arrays, shape, most);
    default:
      throw new Error(`This network has an operation that the page does not know: ${op.op}.`);
  }
}

/**
 * Make a list of operations ready to run; to reshape needs no step.
 * @param {Op[]} ops @param {Arrays} arrays @param {number[]} shape @param {number} most
 */
export function makeSteps(ops, arrays, shape, most) {
  let size = shape.reduce((product, side) => product * side, 1);
  const steps = /** @type {Step[]} */ ([]);
  for (const op of ops) {
    if (op.op === "reshape") {
      shape = op.shape[0] < 0 ? [size] : op.shape;
      continue;
    }
    const step = makeStep(op, arrays, size, shape, most);
    ({ size, shape } = step);
    steps.push(step);
  }
  return { steps, size, shape };
}
