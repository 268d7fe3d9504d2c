/** A placement for tests: three hosts, an IPv4 network, a /64, and a /48 whose addresses go by index. */
import { type Address, type Prefix, parseAddress, parsePrefix, sameAddress } from '../../../sim/address.ts';
import type { SubstrateMap } from '../../../sim/wire/index.ts';

export const ip = (text: string): Address => {
  const address = parseAddress(text);
  if (address === null) throw new Error(text);
  return address;
};

export const V4 = 1;
export const V6 = 0xabcdef;
export const SHORT = 3;

const placed: readonly (readonly [host: number, network: number, address: string])[] = [
  [1, V4, '10.0.0.1'],
  [2, V4, '10.0.0.2'],
  [3, V4, '10.0.0.254'],
  [1, V6, '2001:db8::1'],
  [2, V6, '2001:db8::a:b:c:d'],
  [3, V6, '2001:db8::ffff'],
  [1, SHORT, '2001:db8:1:2::1'],
  [2, SHORT, '2001:db8:1:ffff::1'],
  [3, SHORT, '2001:db8:1::3'],
];

/** Known, and nobody's: somewhere behind a gateway. */
const elsewhere: readonly string[] = ['2001:4860::8888'];

const prefixes = new Map<number, Prefix | null>([
  [V6, parsePrefix('2001:db8::/64')],
  [SHORT, parsePrefix('2001:db8:1::/48')],
]);

const numbered = (network: number): readonly Address[] =>
  [...elsewhere, ...placed.filter(([, of]) => of === network).map(([, , address]) => address)].map(ip);

export const map: SubstrateMap = {
  maySend: (host, network, address) => host !== 0 && map.hostOf(network, address) === host,
  hostOf: (network, address) =>
    placed.find(([, of, text]) => of === network && sameAddress(ip(text), address))?.[0] ?? 0,
  ipv6Prefix: (network) => prefixes.get(network) ?? null,
  indexOf: (network, address) => numbered(network).findIndex((known) => sameAddress(known, address)),
  addressAt: (network, index) => numbered(network)[index] ?? null,
};
