/**
 * Rows times a (K, N) matrix: all that a decoder's time goes into.
 *
 * Rectified rows are half zeros or more, so one row alone walks over its non-zero entries only;
 * rows in batches instead share each weight that they load.
 */

/**
 * out[j] = bias[j] + sum_k x[k] * matrix[k, j], over the non-zero x only.
 * @param {Float32Array} x
 * @param {number} xAt where the row begins
 * @param {number} K
 * @param {Float32Array} matrix (K, N)
 * @param {Float32Array} bias (N,)
 * @param {Float32Array} out @param {number} outAt @param {number} N
 * @param {Int32Array} used room for K numbers
 */
// biome-ignore format: four terms beside one another
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
 * @param {number} xAt @param {number} K
 * @param {Float32Array} panels (N / 2, K, 2)
 * @param {Float32Array} bias (N,)
 * @param {Float32Array} out rows of N numbers
 * @param {number} outAt @param {number} N
 * @param {Float32Array} turned room for 4 * K numbers
 */
// biome-ignore format: rows of a small matrix beside one another
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
export class Product {
  /**
   * @param {Float32Array} matrix (K, N)
   * @param {Float32Array|null} bias (N,)
   * @param {number} K @param {number} N
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

  /**
   * Multiply `rows` rows of `x` into rows of `out`.
   * @param {Float32Array} x @param {Float32Array} out @param {number} rows
   */
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

/** @param {Float32Array} matrix (K, N) @param {number} K @param {number} N */
function makePanels(matrix, K, N) {
  const panels = new Float32Array(Math.ceil(N / 2) * 2 * K);
  for (let j = 0; j < N; j++) {
    const start = (j >> 1) * 2 * K + (j & 1);
    for (let k = 0; k < K; k++) panels[start + 2 * k] = matrix[k * N + j];
  }
  return panels;
}

/** @param {Float32Array} matrix @param {number} rows @param {number} columns */
export function transpose(matrix, rows, columns) {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}
