/**
 * The operations of a decoder. Everything is a matrix product: a linear layer has one row an image,
 * a convolution one row a pixel.
 */

import { Product, transpose } from "./matrix.js";

/** @import { Step } from "../lib/types" */

/** @typedef {Record<string, any>} Op as vae/latent/export.py writes it */
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

/** @param {number} size @param {number[]} shape @returns {Step} */
function reluStep(size, shape) {
  return {
    size,
    shape,
    run(x, out, images) {
      for (let i = 0; i < images * size; i++) out[i] = x[i] > 0 ? x[i] : 0;
    },
  };
}

/** @param {number} size @param {number[]} shape @returns {Step} */
function sigmoidStep(size, shape) {
  return {
    size,
    shape,
    run(x, out, images) {
      for (let i = 0; i < images * size; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
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
 * Make an operation of vae/latent/export.py ready to run.
 * @param {Op} op @param {Arrays} arrays
 * @param {number} size numbers an image before it
 * @param {number[]} shape of an image before it
 * @param {number} most images at a time
 */
export function makeStep(op, arrays, size, shape, most) {
  switch (op.op) {
    case "linear":
      return linearStep(op, arrays);
    case "relu":
      return reluStep(size, shape);
    case "sigmoid":
      return sigmoidStep(size, shape);
    case "conv2d":
      return convStep(op, arrays, shape, most);
    case "conv_transpose2d":
      return convTransposeStep(op, arrays, shape, most);
    default:
      throw new Error(`This decoder has an operation that the page does not know: ${op.op}.`);
  }
}
