/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). All sums are folded: 16 bits, in which 0 and 0xffff
 * both mean zero, and only a sum of nothing but zeros is 0.
 */

/** Ones' complement sum of 16-bit words in network order, added to `initial`. An odd last octet is padded with zero. */
export function sumWords(bytes: Uint8Array, offset: number, length: number, initial = 0): number {
  const end = offset + length;
  const even = end - (length & 1);
  // 2^16 words of 2^16 stay far below 2^53, so one fold at the end is enough for any IP packet.
  let sum = initial;
  for (let at = offset; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (even < end) sum += bytes[even]! << 8;
  return fold(sum);
}

/** A sum with its carries added back into 16 bits. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** What belongs in the checksum field, when that field now holds 0. */
export const checksum = (bytes: Uint8Array, offset: number, length: number, initial = 0): number =>
  ~sumWords(bytes, offset, length, initial) & 0xffff;

/** Is the checksum that these bytes contain right? */
export const isChecksumValid = (bytes: Uint8Array, offset: number, length: number, initial = 0): boolean =>
  sumWords(bytes, offset, length, initial) === 0xffff;

/**
 * RFC 1624 equation 3, HC' = ~(~HC + ~m + m'): what the checksum `old` becomes when words that summed to `before` become words that sum
 * to `after`.
 */
export const updateChecksum = (old: number, before: number, after: number): number =>
  ~fold((~old & 0xffff) + (~before & 0xffff) + after) & 0xffff;

/** Sum of source and destination of the IPv4 header at `header`. */
export const ipv4AddressSum = (bytes: Uint8Array, header: number): number => sumWords(bytes, header + 12, 8);

/**
 * Sum of source and destination of the IPv6 header at `header`. With a Routing header that has segments left, the final
 * destination counts (RFC 8200 section 8.1): pass where it stands.
 */
export const ipv6AddressSum = (bytes: Uint8Array, header: number, destination = header + 24): number =>
  sumWords(bytes, destination, 16, sumWords(bytes, header + 8, 16));

/**
 * Sum of the pseudo-header. The fields of RFC 9293 (IPv4) and RFC 8200 section 8.1 (IPv6) differ in their order and width and
 * not in their sum. `length` is the upper-layer packet's, its header included.
 */
export const pseudoHeaderSum = (addressSum: number, protocol: number, length: number): number =>
  fold(addressSum + protocol + length);

/** In UDP, 0 says "no checksum", so a checksum that comes out as 0 is sent as its other zero (RFC 768). */
export const udpChecksum = (computed: number): number => (computed === 0 ? 0xffff : computed);
