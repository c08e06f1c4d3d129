/** The operations of a network against the plain sums that define them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, uniformSource } from "../../vae/ui/component/lib/rng.js";
import { simdKernels } from "../../vae/ui/component/network/kernels.js";
import { bernoulliLoss, reconLoss } from "../../vae/ui/component/network/losses.js";
import { Decoder } from "../../vae/ui/component/network/model.js";
import { Network } from "../../vae/ui/component/network/network.js";
import { unpack, widen } from "../../vae/ui/component/network/payload.js";

const uniform = uniformSource(7);
const random = (count) => Float32Array.from({ length: count }, () => normal(uniform));

function assertClose(found, expected, tolerance = 1e-5) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) < tolerance, `${i}: ${found[i]}, ${expected[i]}`);
  }
}

/** A network of one layer or a few, run on images by the kernels of WebAssembly and by plain ones. */
function runBoth(ops, arrays, shape, x, count, labels) {
  const run = (isPlain) => {
    const network = new Network(ops, arrays, shape, isPlain);
    const out = new Float32Array(count * network.size);
    network.run(x, count, out, labels);
    return { out, shape: network.outShape };
  };
  const [fast, plain] = [run(false), run(true)];
  assertClose(fast.out, plain.out);
  return fast;
}

test("this Node has the kernels of WebAssembly", () => {
  assert.ok(simdKernels(new WebAssembly.Memory({ initial: 1 })));
});

for (const count of [1, 3, 4, 12, 13, 29]) {
  test(`a dense layer on ${count} images`, () => {
    for (const [K, N] of [
      [11, 5],
      [1, 1],
      [4, 3],
      [9, 8],
      [16, 6],
    ]) {
      const [x, w, b] = [random(count * K), random(N * K), random(N)];
      x[0] = 0;
      const op = { op: "linear", weight: "w", bias: "b", in: K, out: N };
      const { out } = runBoth([op], { w, b }, [K], x, count);
      const expected = Float32Array.from(out, (_, i) => {
        let sum = b[i % N];
        for (let k = 0; k < K; k++) sum += x[Math.floor(i / N) * K + k] * w[(i % N) * K + k];
        return sum;
      });
      assertClose(out, expected);
      const relu = runBoth([{ ...op, bias: null }, { op: "relu" }], { w }, [K], x, count).out;
      assertClose(
        relu,
        expected.map((value, i) => Math.max(0, value - b[i % N])),
      );
    }
  });
}

test("without WebAssembly a network is slower, not another one", () => {
  const op = { op: "linear", weight: "w", bias: "b", in: 200, out: 300 };
  const arrays = { w: random(200 * 300), b: random(300) };
  const x = random(13 * 200);
  const [there, without] = [0, 1].map(() => new Float32Array(13 * 300));
  const { WebAssembly: was } = globalThis;
  new Network([op], arrays, [200]).run(x, 13, there);
  try {
    delete globalThis.WebAssembly;
    new Network([op], arrays, [200]).run(x, 13, without);
  } finally {
    globalThis.WebAssembly = was;
  }
  assertClose(there, without, 1e-4);
});

test("a sigmoid, of small and of great numbers", () => {
  const x = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 8);
  x.set([0, -0, 1e30, -1e30, Infinity, -Infinity]);
  const { out } = runBoth([{ op: "sigmoid" }], {}, [x.length], x, 1);
  assertClose(
    out,
    x.map((value) => 1 / (1 + Math.exp(-value))),
    2e-7,
  );
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
  const sizes = { stride: [2, 2], padding: [1, 1] };
  const count = 5;
  const x = random(count * 40);
  const there = runBoth([{ ...op, ...sizes }], arrays, shape, x, count);
  for (let i = 0; i < count; i++) {
    assertClose(
      there.out.subarray(27 * i, 27 * (i + 1)),
      convolve(x.subarray(40 * i), arrays.w, arrays.b, shape, [3, 3, 2], 2, 1),
    );
  }

  // <conv(x), y> = <x, conv^T(y)> without biases: the one is the other's adjoint.
  const plain = runBoth([{ ...op, ...sizes, bias: null }], arrays, shape, x, count);
  const back = { ...op, ...sizes, op: "conv_transpose2d", bias: null, out: 2 };
  const y = random(count * 27);
  const ops = [{ ...back, output_padding: [0, 0] }];
  const returned = runBoth(ops, arrays, plain.shape, y, count);
  assert.deepEqual(returned.shape, shape);
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  assert.ok(Math.abs(dot(plain.out, y) - dot(x, returned.out)) < 1e-4);
});

test("a place that no place of the input reaches has the bias", () => {
  const op = {
    op: "conv_transpose2d",
    weight: "w",
    bias: "b",
    out: 1,
    kernel: [1, 1],
    stride: [2, 2],
    padding: [0, 0],
    output_padding: [1, 1],
  };
  const arrays = { w: Float32Array.of(2), b: Float32Array.of(5) };
  const { out } = runBoth([op], arrays, [1, 1, 2], [1, 3], 1);
  assert.deepEqual([...out], [7, 5, 11, 5, 5, 5, 5, 5]);
});

test("a vector becomes feature maps and back, channel by channel", () => {
  const to = (...shape) => ({ op: "reshape", shape });
  const x = Float32Array.from({ length: 24 * 5 }, (_, i) => i);
  const ways = [
    [[24], [to(2, 3, 4)]],
    [[2, 3, 4], [to(-1)]],
    [[24], [to(4, 2, 3), to(2, 3, 4)]],
    [[6, 2, 2], [to(1, 4, 6)]],
  ];
  for (const [shape, ops] of ways) {
    for (const count of [1, 5]) {
      assert.deepEqual(runBoth(ops, {}, shape, x, count).out, x.slice(0, 24 * count));
    }
  }
});

test("a residual block adds what it computes to what came in", () => {
  const arrays = { w: random(4), b: random(2) };
  const op = { weight: "w", bias: "b", out: 2, kernel: [1, 1], stride: [1, 1], padding: [0, 0] };
  const ops = [{ op: "relu" }, { op: "conv2d", ...op }];
  const x = random(2 * 3 * 5 * 6);
  const inner = runBoth(ops, arrays, [2, 3, 5], x, 6).out;
  const { out } = runBoth([{ op: "residual", ops }], arrays, [2, 3, 5], x, 6);
  assertClose(
    out,
    inner.map((value, i) => value + x[i]),
  );
});

test("an operation that is not known is named", () => {
  assert.throws(() => new Network([{ op: "fold" }], {}, [1]), /fold/);
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

test("the latest time that a decode took stands on the timeline", () => {
  const decoder = new Decoder({ latent_dim: 1, decoder: [{ op: "sigmoid" }] }, {});
  decoder.decode([0]);
  decoder.decodeBatch(Float32Array.of(1, 2), 2);
  const entries = performance.getEntriesByName("vae:decode");
  assert.deepEqual(
    entries.map(({ detail }) => detail),
    [{ images: 2 }],
  );
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
    const x = Float32Array.from({ length: 2 * labels.length }, (_, i) => i + 5);
    const ops = [{ op: "label", classes: 2 }];
    const { out, shape: made } = runBoth(ops, {}, shape, x, labels.length, labels);
    return [made, [...out]];
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
