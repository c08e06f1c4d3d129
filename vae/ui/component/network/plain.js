/**
 * Sums of products, which all of a network's time goes into, in plain JavaScript.
 *
 * A product gives N numbers at each of its P sites. A site looks at T places of the input (its
 * taps), and adds up the C numbers that stand there, each times a weight:
 *
 *   out[site, n] = max(floor, bias[n] + sum over t, c of x[tap(site, t), c] * weight[t, c, n])
 *
 * A dense layer has one site with one tap; a convolution has one tap for each place of its kernel.
 * `many` computes LANES images, their numbers side by side; `one` computes one image.
 *
 * `sigmoid` takes that of `count` numbers; up to three behind them may change too.
 *
 * Addresses are in bytes. Weights stand in panels of four outputs, (ceil(N / 4), T, C, 4), and bias
 * has room for whole panels; a tap is the number of a place of the input, or negative where there is
 * none; `sites` has the place of the output of each site.
 */

/** @import { Kernels } from "../lib/types" */

/** Images that `many` computes at a time. */
export const LANES = 12;

/** Outputs of a panel. */
export const PANEL = 4;

/**
 * The kernels over a memory.
 * @param {{buffer: ArrayBuffer}} memory @returns {Kernels}
 */
export function plainKernels(memory) {
  let floats = new Float32Array(0);
  let ints = new Int32Array(0);

  /** The memory as it is: to grow moves it. */
  function look() {
    if (floats.buffer === memory.buffer) return;
    floats = new Float32Array(memory.buffer);
    ints = new Int32Array(memory.buffer);
  }

  /**
   * @param {number} lanes
   * @returns {Kernels["one"]}
   */
  const kernel = (lanes) => (x, weight, bias, out, taps, sites, P, T, C, N, floor) => {
    look();
    for (let p = 0; p < P; p++) {
      const to = out / 4 + ints[sites / 4 + p] * N * lanes;
      for (let n = 0; n < N; n += PANEL) {
        const panel = weight / 4 + n * T * C;
        const live = Math.min(PANEL, N - n);
        const at = to + n * lanes;
        const tap = taps / 4 + p * T;
        if (lanes === 1) {
          sumOne(floats, ints, x / 4, panel, bias / 4 + n, at, tap, T, C, live, floor);
        } else {
          for (let lane = 0; lane < lanes; lane += 2) {
            // biome-ignore format: as above
            sumTwo(floats, ints, x / 4 + lane, panel, bias / 4 + n, at + lane, tap, T, C, live, floor);
          }
        }
      }
    }
  };
  return {
    many: kernel(LANES),
    one: kernel(1),
    sigmoid(x, out, count) {
      look();
      for (let i = 0; i < count; i++) floats[out / 4 + i] = 1 / (1 + Math.exp(-floats[x / 4 + i]));
    },
  };
}

/**
 * Four outputs of one image.
 * @param {Float32Array} f @param {Int32Array} ints both over the same memory; indices into it:
 * @param {number} x @param {number} w @param {number} bias @param {number} out @param {number} tap
 * @param {number} T @param {number} C @param {number} live @param {number} floor
 */
function sumOne(f, ints, x, w, bias, out, tap, T, C, live, floor) {
  let [a, b, c, d] = [f[bias], f[bias + 1], f[bias + 2], f[bias + 3]];
  for (let t = 0; t < T; t++, w += PANEL * C) {
    const place = ints[tap + t];
    if (place < 0) continue;
    const from = x + place * C;
    for (let k = 0, at = w; k < C; k++, at += PANEL) {
      const value = f[from + k];
      a += value * f[at];
      b += value * f[at + 1];
      c += value * f[at + 2];
      d += value * f[at + 3];
    }
  }
  f[out] = Math.max(a, floor);
  if (live > 1) f[out + 1] = Math.max(b, floor);
  if (live > 2) f[out + 2] = Math.max(c, floor);
  if (live > 3) f[out + 3] = Math.max(d, floor);
}

/**
 * Four outputs of two images beside one another: eight sums for six loads.
 * @param {Float32Array} f @param {Int32Array} ints both over the same memory; indices into it:
 * @param {number} x @param {number} w @param {number} bias @param {number} out @param {number} tap
 * @param {number} T @param {number} C @param {number} live @param {number} floor
 */
// biome-ignore format: rows of a small matrix beside one another
function sumTwo(f, ints, x, w, bias, out, tap, T, C, live, floor) {
  let a0 = f[bias], b0 = f[bias + 1], c0 = f[bias + 2], d0 = f[bias + 3];
  let a1 = a0, b1 = b0, c1 = c0, d1 = d0;
  for (let t = 0; t < T; t++) {
    const place = ints[tap + t];
    if (place < 0) {
      w += PANEL * C;
      continue;
    }
    let from = x + place * C * LANES;
    for (const end = w + PANEL * C; w < end; w += PANEL, from += LANES) {
      const x0 = f[from], x1 = f[from + 1];
      const wa = f[w], wb = f[w + 1], wc = f[w + 2], wd = f[w + 3];
      a0 += wa * x0; b0 += wb * x0; c0 += wc * x0; d0 += wd * x0;
      a1 += wa * x1; b1 += wb * x1; c1 += wc * x1; d1 += wd * x1;
    }
  }
  f[out] = Math.max(a0, floor);
  f[out + 1] = Math.max(a1, floor);
  if (live > 1) { f[out + LANES] = Math.max(b0, floor); f[out + LANES + 1] = Math.max(b1, floor); }
  if (live > 2) { f[out + 2 * LANES] = Math.max(c0, floor); f[out + 2 * LANES + 1] = Math.max(c1, floor); }
  if (live > 3) { f[out + 3 * LANES] = Math.max(d0, floor); f[out + 3 * LANES + 1] = Math.max(d1, floor); }
}
