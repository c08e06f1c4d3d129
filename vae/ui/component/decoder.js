/**
 * A run's payload and its decoder, in plain JavaScript.
 *
 * The payload's format and the operations are described in vae/export.py. Everything is a
 * matrix product of rows with a (K, N) matrix: a linear layer has one row an image, a convolution
 * one row a pixel. Rectified rows are half zeros or more, so one row alone walks over its
 * non-zero entries only; rows in batches instead share each weight that they load.
 */

const ARRAY_TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/**
 * Read a payload.
 * @param {Uint8Array} bytes
 * @returns {{header: object, arrays: Object<string, Float32Array|Int32Array|Uint8Array>}}
 */
export function unpack(bytes) {
  // Typed arrays must begin at a multiple of their element's size; a message's bytes need not.
  const data = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const start = data.byteOffset + 4 + length + ((4 - (length % 4)) % 4);
  const arrays = {};
  for (const [name, info] of Object.entries(header.arrays)) {
    const count = info.shape.reduce((product, size) => product * size, 1);
    arrays[name] = new ARRAY_TYPES[info.dtype](data.buffer, start + info.offset, count);
  }
  return { header, arrays };
}

/** Rows that travel through a decoder together in `decodeBatch`. */
export const BATCH = 8;

/**
 * out[j] = bias[j] + sum_k x[k] * matrix[k, j], over the non-zero x only.
 * @param {Float32Array} x
 * @param {number} xAt where the row begins
 * @param {number} K
 * @param {Float32Array} matrix (K, N)
 * @param {Float32Array} bias (N,)
 * @param {Float32Array} out
 * @param {number} outAt
 * @param {number} N
 * @param {Int32Array} used room for K numbers
 */
function multiplyRow(x, xAt, K, matrix, bias, out, outAt, N, used) {
  let count = 0;
  for (let k = 0; k < K; k++) if (x[xAt + k] !== 0) used[count++] = k;
  for (let j = 0; j < N; j++) out[outAt + j] = bias[j];
  let c = 0;
  for (; c + 3 < count; c += 4) {
    const x0 = x[xAt + used[c]], x1 = x[xAt + used[c + 1]];
    const x2 = x[xAt + used[c + 2]], x3 = x[xAt + used[c + 3]];
    const m0 = used[c] * N, m1 = used[c + 1] * N, m2 = used[c + 2] * N, m3 = used[c + 3] * N;
    for (let j = 0; j < N; j++) {
      out[outAt + j] +=
        x0 * matrix[m0 + j] + x1 * matrix[m1 + j] + x2 * matrix[m2 + j] + x3 * matrix[m3 + j];
    }
  }
  for (; c < count; c++) {
    const x0 = x[xAt + used[c]];
    const m0 = used[c] * N;
    for (let j = 0; j < N; j++) out[outAt + j] += x0 * matrix[m0 + j];
  }
}

/**
 * Four rows times a matrix kept as panels of two columns: eight sums for six loads.
 * @param {Float32Array} x rows of K numbers, one after the other
 * @param {number} xAt
 * @param {number} K
 * @param {Float32Array} panels (N / 2, K, 2)
 * @param {Float32Array} bias (N,)
 * @param {Float32Array} out rows of N numbers
 * @param {number} outAt
 * @param {number} N
 * @param {Float32Array} turned room for 4 * K numbers
 */
function multiplyFourRows(x, xAt, K, panels, bias, out, outAt, N, turned) {
  for (let k = 0, at = 0; k < K; k++, at += 4) {
    turned[at] = x[xAt + k];
    turned[at + 1] = x[xAt + K + k];
    turned[at + 2] = x[xAt + 2 * K + k];
    turned[at + 3] = x[xAt + 3 * K + k];
  }
  const end = 4 * K;
  for (let j = 0, w = 0; j < N; j += 2) {
    let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    for (let at = 0; at < end; at += 4, w += 2) {
      const wa = panels[w], wb = panels[w + 1];
      const x0 = turned[at], x1 = turned[at + 1], x2 = turned[at + 2], x3 = turned[at + 3];
      a0 += wa * x0; a1 += wa * x1; a2 += wa * x2; a3 += wa * x3;
      b0 += wb * x0; b1 += wb * x1; b2 += wb * x2; b3 += wb * x3;
    }
    const bias0 = bias[j];
    let at = outAt + j;
    out[at] = a0 + bias0;
    out[at + N] = a1 + bias0;
    out[at + 2 * N] = a2 + bias0;
    out[at + 3 * N] = a3 + bias0;
    if (j + 1 < N) {
      const bias1 = bias[j + 1];
      at++;
      out[at] = b0 + bias1;
      out[at + N] = b1 + bias1;
      out[at + 2 * N] = b2 + bias1;
      out[at + 3 * N] = b3 + bias1;
    }
  }
}

/** A (K, N) matrix with a bias, ready for one row and for many. */
class Product {
  /**
   * @param {Float32Array} matrix (K, N)
   * @param {Float32Array|null} bias (N,)
   * @param {number} K
   * @param {number} N
   */
  constructor(matrix, bias, K, N) {
    this.matrix = matrix;
    this.bias = bias ?? new Float32Array(N);
    this.K = K;
    this.N = N;
    this.used = new Int32Array(K);
    this.turned = new Float32Array(4 * K);
    /** @type {Float32Array|null} made when the first batch comes */
    this.panels = null;
  }

  /** Multiply `rows` rows of `x` into rows of `out`. */
  run(x, out, rows) {
    const { K, N, matrix, bias } = this;
    let row = 0;
    if (rows >= 4) {
      this.panels ??= makePanels(matrix, K, N);
      for (; row + 3 < rows; row += 4) {
        multiplyFourRows(x, row * K, K, this.panels, bias, out, row * N, N, this.turned);
      }
    }
    for (; row < rows; row++) {
      multiplyRow(x, row * K, K, matrix, bias, out, row * N, N, this.used);
    }
  }
}

function makePanels(matrix, K, N) {
  const panels = new Float32Array(Math.ceil(N / 2) * 2 * K);
  for (let j = 0; j < N; j++) {
    const start = (j >> 1) * 2 * K + (j & 1);
    for (let k = 0; k < K; k++) panels[start + 2 * k] = matrix[k * N + j];
  }
  return panels;
}

function transpose(matrix, rows, columns) {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}

/**
 * A step is `{size, shape, run(x, out, images)}`: numbers an image after it, the shape after it.
 * Every step owns what it needs, so that a decode makes no garbage.
 */

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

function reluStep(size, shape) {
  return {
    size,
    shape,
    run(x, out, images) {
      for (let i = 0; i < images * size; i++) out[i] = x[i] > 0 ? x[i] : 0;
    },
  };
}

function sigmoidStep(size, shape) {
  return {
    size,
    shape,
    run(x, out, images) {
      for (let i = 0; i < images * size; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
    },
  };
}

/** (C, H, W) images to rows of C numbers, one a pixel. */
function toRows(x, rows, images, C, area) {
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < C; c++) {
      const from = (n * C + c) * area;
      for (let p = 0; p < area; p++) rows[(n * area + p) * C + c] = x[from + p];
    }
  }
}

function convTransposeStep(op, arrays, shape) {
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
  const rows = new Float32Array(BATCH * H * W * C);
  const added = new Float32Array(BATCH * H * W * N);
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

function convStep(op, arrays, shape) {
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
  const rows = new Float32Array(BATCH * area * K);
  const made = new Float32Array(BATCH * area * op.out);
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

function makeStep(op, arrays, size, shape) {
  switch (op.op) {
    case "linear":
      return linearStep(op, arrays);
    case "relu":
      return reluStep(size, shape);
    case "sigmoid":
      return sigmoidStep(size, shape);
    case "conv2d":
      return convStep(op, arrays, shape);
    case "conv_transpose2d":
      return convTransposeStep(op, arrays, shape);
    default:
      throw new Error(`This decoder has an operation that the page does not know: ${op.op}.`);
  }
}

/** Runs the operations of a run's decoder. */
export class Decoder {
  /**
   * @param {object} header with `latent_dim`, `image_shape` and `ops`
   * @param {Object<string, Float32Array>} arrays
   */
  constructor(header, arrays) {
    this.latentDim = header.latent_dim;
    this.steps = [];
    /** @type {Float32Array[]} the input, then what each step gives, for BATCH images */
    this.buffers = [new Float32Array(BATCH * this.latentDim)];
    let size = this.latentDim;
    let shape = [size];
    for (const op of header.ops) {
      if (op.op === "reshape") {
        shape = op.shape;
        continue;
      }
      const step = makeStep(op, arrays, size, shape);
      ({ size, shape } = step);
      this.steps.push(step);
      this.buffers.push(new Float32Array(BATCH * size));
    }
    /** Numbers of an image: C * H * W. */
    this.pixels = size;
    this.mean = this.buffers.at(-1).subarray(0, size);
    /** What goes into the sigmoid; the same length as `mean`. */
    this.logits = this.buffers.at(-2).subarray(0, size);
  }

  /** @param {number} images how many rows of the first buffer hold a code */
  runSteps(images) {
    for (let i = 0; i < this.steps.length; i++) {
      this.steps[i].run(this.buffers[i], this.buffers[i + 1], images);
    }
  }

  /**
   * Decode one code.
   * @param {ArrayLike<number>} z latentDim numbers
   * @returns {Float32Array} means in [0, 1], (C, H, W); the same array at each call
   */
  decode(z) {
    const input = this.buffers[0];
    for (let i = 0; i < this.latentDim; i++) input[i] = z[i];
    this.runSteps(1);
    return this.mean;
  }

  /**
   * Decode many codes.
   * @param {Float32Array} codes (count, latentDim)
   * @param {number} count
   * @param {Float32Array} [out] (count, pixels)
   * @returns {Float32Array} `out`
   */
  decodeBatch(codes, count, out = new Float32Array(count * this.pixels)) {
    const d = this.latentDim;
    const last = this.buffers.at(-1);
    for (let start = 0; start < count; start += BATCH) {
      const images = Math.min(BATCH, count - start);
      this.buffers[0].set(codes.subarray(start * d, (start + images) * d));
      this.runSteps(images);
      out.set(last.subarray(0, images * this.pixels), start * this.pixels);
    }
    return out;
  }
}

/**
 * -log p(x|z) of Bernoulli pixels, in nats; the binary cross-entropy where pixels are grey.
 * @param {Float32Array} logits
 * @param {Uint8Array} pixels 0 to 255
 * @returns {number}
 */
export function bernoulliLoss(logits, pixels) {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const l = logits[i];
    // softplus(l) without overflow.
    sum += Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l))) - (pixels[i] / 255) * l;
  }
  return sum;
}
