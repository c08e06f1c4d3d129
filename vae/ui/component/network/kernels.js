/**
 * Sums of products as WebAssembly with SIMD: the kernels that plain.js defines, assembled when this
 * module is loaded. Three vectors hold an output of LANES images, twelve vectors a panel's sums.
 */

import {
  add,
  addInts,
  addVectors,
  assemble,
  constant,
  constantInt,
  divideVectors,
  either,
  get,
  i32,
  less,
  lessUnsigned,
  loadInt,
  loadSplat,
  loadVector,
  loop,
  maxVectors,
  minVectors,
  mul,
  multiplyAdd,
  multiplyVectors,
  roundVectors,
  set,
  shiftLeft,
  splat,
  storeLane,
  storeVector,
  sub,
  subVectors,
  toInts,
  when,
} from "./assembler.js";
import { LANES, PANEL } from "./plain.js";

/** @import { Kernels } from "../lib/types" */

const VECTORS = LANES / 4;
const ROW = 4 * LANES;

// Parameters of both functions, by their numbers; then locals.
const [X, WEIGHT, BIAS, OUT, TAPS, SITES, P, T, C, N, FLOOR] = Array(11).keys();
const [LEFT, TO, AT, TAP, END, PLACE, FROM, STOP] = Array.from({ length: 8 }, (_, i) => 11 + i);
const PRODUCT = { ints: 10, floats: 1 };
const INTS = 8;
const FIRST_VECTOR = 11 + INTS;

/** @typedef {number[]} Code */

const move = (/** @type {number} */ local, /** @type {number|Code} */ by) =>
  set(local, add(get(local), typeof by === "number" ? i32(by) : by));

/** @param {boolean} isFused @returns {(a: Code, b: Code, c: Code) => Code} */
const multiplyAddOf = (isFused) =>
  isFused ? multiplyAdd : (a, b, c) => addVectors(c, multiplyVectors(a, b));

/**
 * What both functions share: the walk over sites, panels and taps.
 * @param {number} lanes
 * @param {{begin: Code, inner: Code, end: Code}} parts before the taps of a panel, for each tap
 *   with FROM at its numbers and AT at its weights, which end at STOP; and after the taps
 */
function walk(lanes, { begin, inner, end }) {
  const width = 4 * lanes;
  const panel = [
    ...begin,
    ...set(TAP, get(TAPS)),
    ...set(END, add(get(TAPS), mul(get(T), i32(4)))),
    ...loop(
      [
        ...set(PLACE, loadInt(get(TAP))),
        ...set(STOP, add(get(AT), mul(get(C), i32(4 * PANEL)))),
        ...either(less(get(PLACE), i32(0)), set(AT, get(STOP)), [
          ...set(FROM, add(get(X), mul(mul(get(PLACE), get(C)), i32(width)))),
          ...inner,
        ]),
        ...move(TAP, 4),
      ],
      lessUnsigned(get(TAP), get(END)),
    ),
    ...end,
    ...move(TO, PANEL * width),
    ...move(BIAS, 4 * PANEL),
    ...move(LEFT, -PANEL),
  ];
  return loop(
    [
      ...set(TO, add(get(OUT), mul(mul(loadInt(get(SITES)), get(N)), i32(width)))),
      ...set(LEFT, get(N)),
      ...set(AT, get(WEIGHT)),
      ...loop(panel, less(i32(0), get(LEFT))),
      // Back to the first output's bias, on to the next site.
      ...set(BIAS, sub(get(BIAS), mul(sub(get(N), get(LEFT)), i32(4)))),
      ...set(TAPS, get(END)),
      ...move(SITES, 4),
      ...move(P, -1),
    ],
    less(i32(0), get(P)),
  );
}

/** @param {boolean} isFused */
function makeMany(isFused) {
  const madd = multiplyAddOf(isFused);
  const outputs = [...Array(PANEL).keys()];
  const vectors = [...Array(VECTORS).keys()];
  const sum = (/** @type {number} */ j, /** @type {number} */ v) => FIRST_VECTOR + j * VECTORS + v;
  const x = (/** @type {number} */ v) => FIRST_VECTOR + PANEL * VECTORS + v;
  const weight = x(VECTORS);
  const store = (/** @type {number} */ j) =>
    vectors.flatMap((v) =>
      storeVector(get(TO), j * ROW + 16 * v, maxVectors(get(sum(j, v)), splat(get(FLOOR)))),
    );
  /** Add the products of the k-th input from here to the sums of output j, kept as sums `to`. */
  const step = (/** @type {number} */ k, /** @type {number} */ j, to = j) => [
    ...set(weight, loadSplat(get(AT), 4 * (PANEL * k + j))),
    ...vectors.flatMap((v) => set(sum(to, v), madd(get(weight), get(x(v)), get(sum(to, v))))),
  ];
  const load = (/** @type {number} */ k) =>
    vectors.flatMap((v) => set(x(v), loadVector(get(FROM), ROW * k + 16 * v)));
  const next = (/** @type {number} */ k) => [...move(FROM, k * ROW), ...move(AT, k * 4 * PANEL)];
  const full = loop(
    [...load(0), ...outputs.flatMap((j) => step(0, j)), ...next(1)],
    lessUnsigned(get(AT), get(STOP)),
  );
  // One output alone, as of a grey image's last layer: two sums that do not wait for one another.
  const isAlone = less(get(LEFT), i32(2));
  const rest = sub(get(STOP), get(AT));
  const alone = [
    ...when(
      less(i32(4 * PANEL), rest),
      loop(
        [...load(0), ...step(0, 0), ...load(1), ...step(1, 0, 1), ...next(2)],
        less(i32(4 * PANEL), rest),
      ),
    ),
    ...when(less(i32(0), rest), [...load(0), ...step(0, 0), ...next(1)]),
  ];
  const body = walk(LANES, {
    begin: outputs.flatMap((j) => [
      ...set(sum(j, 0), loadSplat(get(BIAS), 4 * j)),
      ...vectors.slice(1).flatMap((v) => set(sum(j, v), get(sum(j, 0)))),
    ]),
    inner: either(isAlone, alone, full),
    end: [
      // The bias of the output that is not there is 0.
      ...when(
        isAlone,
        vectors.flatMap((v) => set(sum(0, v), addVectors(get(sum(0, v)), get(sum(1, v))))),
      ),
      ...store(0),
      ...outputs.slice(1).flatMap((j) => when(less(i32(j), get(LEFT)), store(j))),
    ],
  });
  return { parameters: PRODUCT, ints: INTS, vectors: PANEL * VECTORS + VECTORS + 1, body };
}

/** @param {boolean} isFused */
function makeOne(isFused) {
  const madd = multiplyAddOf(isFused);
  // Four sums that do not wait for one another.
  const steps = [0, 1, 2, 3];
  const sum = (/** @type {number} */ i) => FIRST_VECTOR + i;
  const step = (/** @type {number} */ i) =>
    set(sum(i), madd(loadSplat(get(FROM), 4 * i), loadVector(get(AT), 16 * i), get(sum(i))));
  const rest = sub(get(STOP), get(AT));
  const result = sum(0);
  const body = walk(1, {
    begin: [
      ...set(sum(0), loadVector(get(BIAS))),
      ...steps.slice(1).flatMap((i) => set(sum(i), constant(0))),
    ],
    inner: [
      ...when(
        less(i32(4 * 16 - 1), rest),
        loop(
          [...steps.flatMap(step), ...move(FROM, 16), ...move(AT, 64)],
          less(i32(4 * 16 - 1), rest),
        ),
      ),
      ...when(
        less(i32(0), rest),
        loop([...step(0), ...move(FROM, 4), ...move(AT, 16)], less(i32(0), rest)),
      ),
    ],
    end: [
      ...set(
        result,
        maxVectors(
          addVectors(addVectors(get(sum(0)), get(sum(1))), addVectors(get(sum(2)), get(sum(3)))),
          splat(get(FLOOR)),
        ),
      ),
      ...either(less(i32(3), get(LEFT)), storeVector(get(TO), 0, get(result)), [
        ...storeLane(0, get(TO), 0, get(result)),
        ...when(less(i32(1), get(LEFT)), storeLane(1, get(TO), 4, get(result))),
        ...when(less(i32(2), get(LEFT)), storeLane(2, get(TO), 8, get(result))),
      ]),
    ],
  });
  return { parameters: PRODUCT, ints: INTS, vectors: 4, body };
}

/** 2^f = e^(f ln 2) by its series; for f in [-1/2, 1/2] it is true to 2e-7. */
const SERIES = Array.from({ length: 7 }, (_, k) => {
  let term = 1;
  for (let i = 1; i <= k; i++) term *= Math.LN2 / i;
  return term;
});

/** e^-x = 2^n 2^f, n whole and so an exponent. @param {boolean} isFused */
function makeSigmoid(isFused) {
  const madd = multiplyAddOf(isFused);
  const [x, out, count, power, whole, sum] = Array(6).keys();
  const powers = multiplyVectors(loadVector(get(x)), constant(-Math.LOG2E));
  const scale = shiftLeft(addInts(toInts(get(whole)), constantInt(127)), i32(23));
  const body = loop(
    [
      // Beyond 2^126 float32 ends, and the sigmoid is 0 or 1.
      ...set(power, maxVectors(minVectors(powers, constant(126)), constant(-126))),
      ...set(whole, roundVectors(get(power))),
      ...set(power, subVectors(get(power), get(whole))),
      ...set(sum, constant(SERIES[6])),
      ...[5, 4, 3, 2, 1, 0].flatMap((k) =>
        set(sum, madd(get(sum), get(power), constant(SERIES[k]))),
      ),
      ...set(sum, addVectors(constant(1), multiplyVectors(get(sum), scale))),
      ...storeVector(get(out), 0, divideVectors(constant(1), get(sum))),
      ...move(x, 16),
      ...move(out, 16),
      ...move(count, -4),
    ],
    less(i32(0), get(count)),
  );
  return { parameters: { ints: 3, floats: 0 }, ints: 0, vectors: 3, body };
}

/** @param {boolean} isFused whether to use instructions that multiply and add at once */
function assembleKernels(isFused) {
  return assemble({
    many: makeMany(isFused),
    one: makeOne(isFused),
    sigmoid: makeSigmoid(isFused),
  });
}

/** The fastest module that this browser runs; null where it has no SIMD. */
function compile() {
  if (typeof WebAssembly === "undefined") return null;
  for (const isFused of [true, false]) {
    const bytes = assembleKernels(isFused);
    if (WebAssembly.validate(bytes)) return new WebAssembly.Module(bytes);
  }
  return null;
}

/** @type {WebAssembly.Module|null} */
const compiled = compile();

/**
 * The kernels over a memory.
 * @param {WebAssembly.Memory} memory @returns {Kernels|null} null where there is no SIMD
 */
export function simdKernels(memory) {
  if (!compiled) return null;
  return /** @type {any} */ (new WebAssembly.Instance(compiled, { page: { memory } }).exports);
}
