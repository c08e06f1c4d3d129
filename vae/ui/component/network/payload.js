/** A payload of vae/latent/export/packing.py: a header and arrays in one stretch of bytes. */

/** @type {Record<string, any>} */
const ARRAY_TYPES = {
  float32: Float32Array,
  float16: Uint16Array,
  int32: Int32Array,
  uint8: Uint8Array,
};

/**
 * Numbers of half precision as float32, which holds each of them exactly.
 * @param {Uint16Array} halves their bits
 */
export function widen(halves) {
  const bits = new Uint32Array(halves.length);
  const out = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    if (exponent === 0) out[i] = (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
    else if (exponent === 0x7c00) bits[i] = sign | 0x7f800000 | ((half & 0x3ff) << 13);
    else bits[i] = sign | (((half & 0x7fff) << 13) + 0x38000000);
  }
  return out;
}

/**
 * Read a payload; half precision is widened.
 * @param {Uint8Array} bytes @returns {{header: any, arrays: Record<string, any>}}
 */
export function unpack(bytes) {
  // Typed arrays must begin at a multiple of their element's size; a message's bytes need not.
  const data = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const start = data.byteOffset + 4 + length + ((4 - (length % 4)) % 4);
  const arrays = /** @type {Record<string, any>} */ ({});
  for (const [name, info] of Object.entries(header.arrays)) {
    let count = 1;
    for (const size of info.shape) count *= size;
    const values = new ARRAY_TYPES[info.dtype](data.buffer, start + info.offset, count);
    arrays[name] = info.dtype === "float16" ? widen(values) : values;
  }
  return { header, arrays };
}
