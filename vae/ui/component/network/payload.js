/** A payload of vae/latent/export.py: a header and arrays in one stretch of bytes. */

/** @type {Record<string, any>} */
const ARRAY_TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/**
 * Read a payload.
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
    arrays[name] = new ARRAY_TYPES[info.dtype](data.buffer, start + info.offset, count);
  }
  return { header, arrays };
}
