// The inverse of peploss/explorer/browser/wire.py: bytes -> objects with typed arrays in them, without copying the arrays.
const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };

export function unpack(bytes) {
  // Streamlit hands over a view into its own message at any offset; typed arrays need an aligned start.
  const buffer = bytes.slice().buffer;
  const headLength = new DataView(buffer).getUint32(0, true);
  const start = Math.ceil((4 + headLength) / 8) * 8;
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, headLength));
  return JSON.parse(text, (key, value) => {
    if (value !== null && typeof value === "object" && Array.isArray(value.$b)) {
      const [offset, count, kind] = value.$b;
      return new KINDS[kind](buffer, start + offset, count);
    }
    return value;
  });
}
