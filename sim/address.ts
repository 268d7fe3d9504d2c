/** IP addresses and prefixes as text and numbers. Does not know who has them. */

export type Family = 4 | 6;

/** An IP address: `value` has 32 bits (family 4) or 128 bits (family 6), the first octet the most significant. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** The addresses whose first `length` bits are those of `value`; the other bits of `value` are 0. */
export interface Prefix {
  readonly family: Family;
  readonly value: bigint;
  readonly length: number;
}

/** A prefix as somebody wrote it. */
export interface WrittenPrefix extends Prefix {
  /** Bits were set after the prefix (`10.0.0.5/24`); `value` no longer has them. */
  readonly hostBits: boolean;
}

/** 32 or 128. */
export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

/** 4 or 16. */
export const addressOctets = (family: Family): number => (family === 4 ? 4 : 16);

/**
 * Reads `192.0.2.1` or RFC 4291 section 2.2 text (`2001:db8::1`, `64:ff9b::192.0.2.33`). Null for anything else: spaces,
 * leading zeros in decimal numbers, zone ids, and IPv4-mapped addresses in either notation, which RFC 6890 (table 20)
 * allows neither as a source nor as a destination.
 */
export function parseAddress(text: string): Address | null {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === null ? null : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === null || isMapped(value) ? null : { family: 6, value };
}

/** Dotted decimal, or the canonical text of RFC 5952 (mapped addresses in mixed notation, section 5). */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatIpv4(address.value);
  if (isMapped(address.value)) return `::ffff:${formatIpv4(address.value & 0xffff_ffffn)}`;
  return formatIpv6(address.value);
}

/** Reads `10.0.0.0/24` or `2001:db8::/64`; null when malformed. A caller that is strict refuses `hostBits`. */
export function parsePrefix(text: string): WrittenPrefix | null {
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === null || !/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  const length = Number(digits);
  if (length > addressBits(address.family)) return null;
  const value = address.value & ~hostMask(address.family, length);
  return { family: address.family, value, length, hostBits: value !== address.value };
}

/** `10.0.0.0/24`. */
export const prefixText = (prefix: Prefix): string =>
  `${formatAddress(networkAddress(prefix))}/${prefix.length}`;

export function contains(prefix: Prefix, address: Address): boolean {
  return (
    prefix.family === address.family &&
    (address.value & ~hostMask(prefix.family, prefix.length)) === prefix.value
  );
}

/** Do the two prefixes have an address in common? */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? contains(a, b) : contains(b, a);
}

/** The first address of the prefix. */
export const networkAddress = (prefix: Prefix): Address => ({ family: prefix.family, value: prefix.value });

/** The last address of an IPv4 prefix. Null for IPv6, which has none, and for /31 (RFC 3021) and /32. */
export function broadcastAddress(prefix: Prefix): Address | null {
  if (prefix.family === 6 || prefix.length >= 31) return null;
  return { family: 4, value: prefix.value | hostMask(4, prefix.length) };
}

/**
 * May a host have this address? Not the network and broadcast addresses of IPv4, and not the subnet-router anycast address
 * of IPv6 (RFC 4291 section 2.6.1). Point-to-point prefixes use both of theirs (/31: RFC 3021, /127: RFC 6164).
 */
export function isUsableHost(prefix: Prefix, address: Address): boolean {
  if (!contains(prefix, address)) return false;
  if (!hasNetworkAddress(prefix)) return true;
  return address.value !== prefix.value && address.value !== broadcastAddress(prefix)?.value;
}

/** How many addresses of the prefix satisfy {@link isUsableHost}. */
export function usableHosts(prefix: Prefix): bigint {
  const all = hostMask(prefix.family, prefix.length) + 1n;
  if (!hasNetworkAddress(prefix)) return all;
  return prefix.family === 4 ? all - 2n : all - 1n;
}

/** The n-th usable host address, counted from 0 in ascending order; null when there are not so many. */
export function nthHost(prefix: Prefix, n: bigint | number): Address | null {
  const index = BigInt(n);
  if (index < 0n || index >= usableHosts(prefix)) return null;
  return { family: prefix.family, value: prefix.value + index + (hasNetworkAddress(prefix) ? 1n : 0n) };
}

export const sameAddress = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;

/** Reads 4 or 16 octets in network order. The caller knows that they are there. */
export function readAddress(bytes: Uint8Array, offset: number, family: Family): Address {
  let value = 0n;
  for (let at = offset; at < offset + addressOctets(family); at += 4) {
    const word = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    value = (value << 32n) | BigInt(word);
  }
  return { family, value };
}

/** Writes 4 or 16 octets in network order; answers how many. */
export function writeAddress(address: Address, target: Uint8Array, offset: number): number {
  const octets = addressOctets(address.family);
  let rest = address.value;
  for (let at = offset + octets - 4; at >= offset; at -= 4) {
    const word = Number(rest & 0xffff_ffffn);
    target[at] = word >>> 24;
    target[at + 1] = word >>> 16;
    target[at + 2] = word >>> 8;
    target[at + 3] = word;
    rest >>= 32n;
  }
  return octets;
}

const hostMask = (family: Family, length: number): bigint =>
  (1n << BigInt(addressBits(family) - length)) - 1n;

const hasNetworkAddress = (prefix: Prefix): boolean => prefix.length < addressBits(prefix.family) - 1;

/** ::ffff:0:0/96. */
const isMapped = (value: bigint): boolean => value >> 32n === 0xffffn;

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | null {
  const hex = withoutDots(text);
  if (hex === null) return null;
  const halves = hex.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const zeros = 8 - head.length - tail.length;
  // The double colon stands for at least one group; without it, all eight are written.
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null;
  let value = 0n;
  for (const group of [...head, ...Array<string>(zeros).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** A dotted tail (RFC 4291 section 2.2 form 3) as two hexadecimal groups; null when it is malformed. */
function withoutDots(text: string): string | null {
  const cut = text.lastIndexOf(':') + 1;
  const tail = text.slice(cut);
  if (!tail.includes('.')) return text;
  const value = parseIpv4(tail);
  if (value === null) return null;
  return `${text.slice(0, cut)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function formatIpv4(value: bigint): string {
  const word = Number(value);
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatIpv6(value: bigint): string {
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
  const { start, length } = longestZeros(groups);
  const text = groups.map((group) => group.toString(16));
  if (length < 2) return text.join(':');
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, at) => {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  });
  return best;
}
