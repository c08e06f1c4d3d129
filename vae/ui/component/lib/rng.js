/** Random numbers with a seed, so that a sampled picture can keep its noise while it morphs. */

/**
 * Mulberry32, a small generator of uniform numbers in [0, 1).
 * @param {number} seed 32 bits
 * @returns {() => number}
 */
export function uniformSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @returns {number} a seed that differs from call to call */
export function freshSeed() {
  return Math.floor(Math.random() * 4294967296);
}

/** A draw from N(0, 1) (Box and Muller 1958). @param {() => number} uniform @returns {number} */
export function normal(uniform) {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
  return radius * Math.cos(2 * Math.PI * uniform());
}
