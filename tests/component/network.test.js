/** Products and operations of the decoder against the plain sums that define them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, uniformSource } from "../../vae/ui/component/lib/rng.js";
import { bernoulliLoss, reconLoss } from "../../vae/ui/component/network/losses.js";
import { Product, transpose } from "../../vae/ui/component/network/matrix.js";
import { Decoder } from "../../vae/ui/component/network/model.js";
import { makeStep } from "../../vae/ui/component/network/operations.js";
import { unpack, widen } from "../../vae/ui/component/network/payload.js";

const uniform = uniformSource(7);
const random = (count) => Float32Array.from({ length: count }, () => normal(uniform));

function assertClose(found, expected, tolerance = 1e-5) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) < tolerance, `${i}: ${found[i]}, ${expected[i]}`);
  }
}

for (const rows of [1, 3, 4, 7]) {
  test(`a product of ${rows} rows`, () => {
    const [K, N] = [11, 5];
    const [x, matrix, bias] = [random(rows * K), random(K * N), random(N)];
    x[2] = x[5] = 0;
    const out = new Float32Array(rows * N);
    new Product(matrix, bias, K, N).run(x, out, rows);
    const expected = Float32Array.from(out, (_, i) => {
      let sum = bias[i % N];
      for (let k = 0; k < K; k++) sum += x[Math.floor(i / N) * K + k] * matrix[k * N + (i % N)];
      return sum;
    });
    assertClose(out, expected);
  });
}

test("transpose", () => {
  assert.deepEqual([...transpose([1, 2, 3, 4, 5, 6], 2, 3)], [1, 4, 2, 5, 3, 6]);
});

/** Conv2d of one image by its definition. */
function convolve(x, weight, bias, [C, H, W], [out, kh, kw], stride, padding) {
  const [oh, ow] = [H, W].map((n, i) => Math.floor((n + 2 * padding - [kh, kw][i]) / stride) + 1);
  const made = [];
  for (let o = 0; o < out; o++) {
    for (let y = 0; y < oh; y++) {
      for (let z = 0; z < ow; z++) {
        let sum = bias[o];
        for (let c = 0; c < C; c++) {
          for (let i = 0; i < kh; i++) {
            for (let j = 0; j < kw; j++) {
              const [v, w] = [y * stride - padding + i, z * stride - padding + j];
              if (v < 0 || w < 0 || v >= H || w >= W) continue;
              sum += x[(c * H + v) * W + w] * weight[((o * C + c) * kh + i) * kw + j];
            }
          }
        }
        made.push(sum);
      }
    }
  }
  return made;
}

test("a convolution and its transpose", () => {
  const shape = [2, 5, 4];
  const arrays = { w: random(3 * 2 * 3 * 2), b: random(3) };
  const op = { op: "conv2d", weight: "w", bias: "b", out: 3, kernel: [3, 2] };
  const step = makeStep({ ...op, stride: [2, 2], padding: [1, 1] }, arrays, 40, shape, 8);
  const x = random(40);
  const out = new Float32Array(step.size);
  step.run(x, out, 1);
  assertClose(out, convolve(x, arrays.w, arrays.b, shape, [3, 3, 2], 2, 1));

  // <conv(x), y> = <x, conv^T(y)> without biases: the one is the other's adjoint.
  arrays.b.fill(0);
  step.run(x, out, 1);
  const back = makeStep(
    {
      ...op,
      op: "conv_transpose2d",
      bias: "none",
      out: 2,
      stride: [2, 2],
      padding: [1, 1],
      output_padding: [0, 0],
    },
    arrays,
    step.size,
    step.shape,
    8,
  );
  assert.deepEqual(back.shape, [2, 5, 4]);
  const y = random(step.size);
  const returned = new Float32Array(back.size);
  back.run(y, returned, 1);
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  assert.ok(Math.abs(dot(out, y) - dot(x, returned)) < 1e-4);
});

test("an operation that is not known is named", () => {
  assert.throws(() => makeStep({ op: "fold" }, {}, 1, [1], 1), /fold/);
});

test("a decoder told a label takes it one-hot behind z", () => {
  const header = {
    latent_dim: 1,
    labels: [0, 1],
    decoder: [
      { op: "label", classes: 2 },
      { op: "linear", weight: "w", bias: "b", in: 3, out: 2 },
      { op: "reshape", shape: [1, 1, 2] },
      { op: "sigmoid" },
    ],
  };
  const arrays = { w: Float32Array.of(1, 10, 20, 2, 30, 40), b: Float32Array.of(0, 0) };
  const decoder = new Decoder(header, arrays);
  decoder.decode([3], 1);
  assert.deepEqual([...decoder.logits], [23, 46]);
  decoder.decode([3], 0);
  assert.deepEqual([...decoder.logits], [13, 36]);
});

test("a payload is read at any place of its buffer", () => {
  const header = JSON.stringify({ arrays: { a: { dtype: "float32", shape: [2], offset: 0 } } });
  const text = new TextEncoder().encode(header);
  const start = 4 + text.length + ((4 - (text.length % 4)) % 4);
  for (const shift of [0, 3]) {
    const bytes = new Uint8Array(shift + start + 8);
    const view = new DataView(bytes.buffer, shift);
    view.setUint32(0, text.length, true);
    bytes.set(text, shift + 4);
    view.setFloat32(start, 1.5, true);
    view.setFloat32(start + 4, -2, true);
    assert.deepEqual([...unpack(bytes.subarray(shift)).arrays.a], [1.5, -2]);
  }
});

test("half precision is widened exactly", () => {
  const bits = [0, 0x8000, 1, 0x83ff, 0x400, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x7c00, 0xfc00];
  const expected = [0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 1, -2, 1365 / 4096, 65504];
  const found = [...widen(Uint16Array.from(bits))];
  assert.deepEqual(found, [...expected, Infinity, -Infinity]);
  assert.ok(Number.isNaN(widen(Uint16Array.of(0x7e00))[0]));
});

test("a label stands behind a vector, and as planes behind the channels", () => {
  const run = (shape, labels) => {
    const size = shape.reduce((a, b) => a * b);
    const step = makeStep({ op: "label", classes: 2 }, {}, size, shape, 2);
    const out = new Float32Array(labels.length * step.size);
    const x = Float32Array.from({ length: labels.length * size }, (_, i) => i + 5);
    step.run(x, out, labels.length, Int32Array.from(labels));
    return [step.shape, [...out]];
  };
  assert.deepEqual(run([2], [1, 0]), [[4], [5, 6, 0, 1, 7, 8, 1, 0]]);
  assert.deepEqual(run([1, 1, 2], [1]), [
    [3, 1, 2],
    [5, 6, 0, 0, 1, 1],
  ]);
});

test("losses", () => {
  const logits = Float32Array.of(0, 800, -800);
  const pixels = Uint8Array.of(255, 255, 0);
  assert.ok(Math.abs(bernoulliLoss(logits, pixels) - Math.log(2)) < 1e-6);
  const gaussian = reconLoss({ loss: "gaussian", pixel_sigma: 0.5 });
  const expected = 0.25 / 0.5 + 3 * (Math.log(0.5) + 0.5 * Math.log(2 * Math.PI));
  assert.ok(Math.abs(gaussian.of(logits, pixels) - expected) < 1e-6);
  assert.equal(reconLoss({ loss: "mse" }).text(1 / 3), "0.33333");
});
