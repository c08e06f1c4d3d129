/** The memory of a network: weights, taps and what its operations give, for the kernels to reach. */

import { simdKernels } from "./kernels.js";
import { plainKernels } from "./plain.js";

/** @import { Kernels } from "../lib/types" */

const PAGE = 65536;
const VECTOR = 16;

/** A memory where there is no WebAssembly. @returns {WebAssembly.Memory} */
function plainMemory() {
  return /** @type {any} */ ({
    buffer: new ArrayBuffer(PAGE),
    /** @param {number} pages */
    grow(pages) {
      const grown = new Uint8Array(this.buffer.byteLength + pages * PAGE);
      grown.set(new Uint8Array(this.buffer));
      this.buffer = grown.buffer;
    },
  });
}

/** Hands out stretches of one memory, which grows as they need; none is taken back. */
export class Memory {
  /** @param {boolean} [isPlain] do without SIMD */
  constructor(isPlain = false) {
    const canGrow = typeof WebAssembly !== "undefined";
    this.memory = canGrow ? new WebAssembly.Memory({ initial: 1 }) : plainMemory();
    const simd = isPlain || !canGrow ? null : simdKernels(this.memory);
    this.kernels = /** @type {Kernels} */ (simd ?? plainKernels(/** @type {any} */ (this.memory)));
    this.used = 0;
  }

  /** @param {number} count numbers of four bytes @returns {number} the address of their room */
  take(count) {
    const address = this.used;
    this.used += Math.ceil((4 * count) / VECTOR) * VECTOR;
    const lacking = this.used - this.memory.buffer.byteLength;
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / PAGE));
    return address;
  }

  /**
   * Numbers at an address; to take more room ends them.
   * @param {number} address @param {number} count
   */
  floats(address, count) {
    return new Float32Array(this.memory.buffer, address, count);
  }

  /** @param {Int32Array} values @returns {number} the address of their copy */
  keepInts(values) {
    const address = this.take(values.length);
    new Int32Array(this.memory.buffer, address, values.length).set(values);
    return address;
  }
}
