/**
 * A small assembler for WebAssembly: instructions as arrays of bytes, functions as a module's bytes.
 *
 * An instruction's operands come as instructions of their own, so `add(get(0), i32(4))` reads as it
 * computes. Encodings: WebAssembly 2.0, sections 5.4 and 5.5, and the relaxed SIMD proposal.
 */

/** @typedef {number[]} Code */

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const EMPTY = 0x40;

/** @param {number} value @returns {Code} LEB128 of a whole number that is not negative */
function unsigned(value) {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

/** @param {number} value @returns {Code} LEB128 of a whole number */
function signed(value) {
  const bytes = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}

const op =
  (/** @type {number} */ code) =>
  (/** @type {Code[]} */ ...operands) => [...operands.flat(), code];
const simd =
  (/** @type {number} */ code) =>
  (/** @type {Code[]} */ ...operands) => [...operands.flat(), 0xfd, ...unsigned(code)];

/** Instructions on memory take an address and a constant to add to it; both are in bytes. */
const at =
  (/** @type {(...operands: Code[]) => Code} */ make, /** @type {number} */ align) =>
  (
    /** @type {Code} */ address,
    /** @type {number} */ offset = 0,
    /** @type {Code[]} */ ...operands
  ) => [...make(address, ...operands), align, ...unsigned(offset)];

export const i32 = (/** @type {number} */ value) => [0x41, ...signed(value)];
export const get = (/** @type {number} */ local) => [0x20, ...unsigned(local)];
export const set = (/** @type {number} */ local, /** @type {Code} */ value) => [
  ...value,
  0x21,
  ...unsigned(local),
];

export const add = op(0x6a);
export const sub = op(0x6b);
export const mul = op(0x6c);
export const less = op(0x48);
export const lessUnsigned = op(0x49);
export const loadInt = at(op(0x28), 2);

export const loadVector = at(simd(0x00), 2);
export const loadSplat = at(simd(0x09), 2);
export const storeVector = at(simd(0x0b), 2);
/** Store one of four numbers. */
export const storeLane = (
  /** @type {number} */ lane,
  /** @type {Code} */ address,
  /** @type {number} */ offset,
  /** @type {Code} */ value,
) => [...at(simd(0x5a), 2)(address, offset, value), lane];
export const splat = simd(0x13);
/** Four times the same number, as a constant. */
export const constant = (/** @type {number} */ value) =>
  splat([0x43, ...new Uint8Array(Float32Array.of(value).buffer)]);
export const addVectors = simd(0xe4);
export const multiplyVectors = simd(0xe6);
export const subVectors = simd(0xe5);
export const divideVectors = simd(0xe7);
/** The lesser and the greater of each two, by one instruction of the processor. */
export const minVectors = simd(0xea);
export const maxVectors = simd(0xeb);
export const roundVectors = simd(0x6a);
export const toInts = simd(0xf8);
export const addInts = simd(0xae);
export const shiftLeft = simd(0xab);
/** Four times the same whole number, as a constant. */
export const constantInt = (/** @type {number} */ value) => simd(0x11)(i32(value));
/** a * b + c, rounded once where the processor can. */
export const multiplyAdd = simd(0x105);

export const when = (/** @type {Code} */ condition, /** @type {Code} */ body) => [
  ...condition,
  0x04,
  EMPTY,
  ...body,
  0x0b,
];
export const either = (
  /** @type {Code} */ condition,
  /** @type {Code} */ body,
  /** @type {Code} */ other,
) => [...condition, 0x04, EMPTY, ...body, 0x05, ...other, 0x0b];
/** Run the body at least once, and again while the condition holds. */
export const loop = (/** @type {Code} */ body, /** @type {Code} */ condition) => [
  0x03,
  EMPTY,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];

/** @param {Code[]} items @returns {Code} */
const vector = (items) => [...unsigned(items.length), ...items.flat()];
/** @param {number} id @param {Code} content @returns {Code} */
const section = (id, content) => [id, ...unsigned(content.length), ...content];
/** @param {string} text @returns {Code} */
const name = (text) => vector([...text].map((letter) => [letter.charCodeAt(0)]));

/**
 * Functions over a memory that is imported as `page.memory`.
 * @param {Record<string, {parameters: {ints: number, floats: number}, ints: number, vectors: number,
 *   body: Code}>} functions parameters, the ints first; further locals, numbered after these, the
 *   ints first; and the code
 */
export function assemble(functions) {
  const entries = Object.entries(functions);
  const made = Object.values(functions);
  const signatures = made.map(({ parameters: { ints, floats } }) => [
    0x60,
    ...vector([...Array(ints).fill([I32]), ...Array(floats).fill([F32])]),
    ...vector([]),
  ]);
  const bodies = made.map(({ ints, vectors, body }) => {
    const locals = [
      [...unsigned(ints), I32],
      [...unsigned(vectors), V128],
    ];
    const code = [...vector(locals), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(signatures)),
    ...section(2, vector([[...name("page"), ...name("memory"), 0x02, 0x00, 1]])),
    ...section(3, vector(made.map((_, i) => [i]))),
    ...section(7, vector(entries.map(([key], i) => [...name(key), 0x00, i]))),
    ...section(10, vector(bodies)),
  ]);
}
