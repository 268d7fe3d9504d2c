/**
 * The IPv6 addresses of the substrate: which physical host, which virtual network, which virtual address.
 *
 *     bits   0       8      16             32                     56      64                                    128
 *            +-------+-------+--------------+----------------------+-------+---------------------------------------+
 *            |  fd   |  00   |     host     |       network        | form  |           virtual address             |
 *            +-------+-------+--------------+----------------------+-------+---------------------------------------+
 *
 * - `fd`: unique local unicast (RFC 4193). So fd00:HHHH::/32 is one physical host, and routes to it need nothing else.
 * - host: 1 to 65535; 0 for a virtual address that no VM has (a final destination somewhere behind a gateway).
 * - network: 0 to 2^24 - 1.
 * - form: the low four bits say how to read the virtual address; 0x10 is set when the host shall not deliver to this address
 *   but hand the packet to it as a next hop, and the final destination follows in a Segment Routing Header (in the words of
 *   RFC 8986: the function of the SID).
 *
 * | form | the last 64 bits |
 * | --- | --- |
 * | 0 | 32 zeros, then the IPv4 address |
 * | 1 | the last 64 bits of an IPv6 address inside the network's prefix, which has 64 bits or more |
 * | 2 | 32 zeros, then the index that the map gives to any other IPv6 address |
 *
 * No two (host, network, virtual address) share a substrate address: the fields do not overlap, forms 0 and 2 hold a whole
 * address or its number, and form 1 leaves out only bits that are the same for the whole network.
 */
import { invariant } from '../../engine/index.ts';
import { type Address, contains, formatAddress, type Prefix, prefixText } from '../address.ts';
import { isProblem, type Problem } from './problem.ts';

/** What the rewriting asks of whoever knows the placement of VMs. Hosts and networks are numbers. */
export interface SubstrateMap {
  /**
   * May `host` send packets from `address` in `network`? Asked by both sides; after a migration, the old host should stay
   * true for as long as its packets are under way.
   */
  maySend(host: number, network: number, address: Address): boolean;
  /** The host (1 to 65535) of the VM that has `address` in `network`; 0 when nobody has it. */
  hostOf(network: number, address: Address): number;
  /** The network's IPv6 prefix, which never changes; null when it has none. */
  ipv6Prefix(network: number): Prefix | null;
  /** A number below 2^32 for an IPv6 address that form 1 cannot hold, always the same one; -1 when it has none. */
  indexOf(network: number, address: Address): number;
  /** The address with that number; null when there is none. */
  addressAt(network: number, index: number): Address | null;
}

export interface SubstrateEndpoint {
  readonly host: number;
  readonly network: number;
  /** The virtual address. */
  readonly address: Address;
  /** The address is a next hop; the final destination follows in a Segment Routing Header. */
  readonly forwards: boolean;
}

/** Why a packet cannot be rewritten. `reason` is the drop reason to count. */
export interface Refusal extends Problem {
  /** `checksum`: no well-formed packet. `mtu`: the substrate cannot carry it. */
  readonly reason: 'spoofed' | 'unassigned' | 'checksum' | 'mtu';
}

export const refusal = (reason: Refusal['reason'], offset: number, text: string): Refusal => ({
  reason,
  problem: text,
  offset,
});

export function encodeSubstrateAddress(endpoint: SubstrateEndpoint, map: SubstrateMap): Address | Refusal {
  const { host, network, address, forwards } = endpoint;
  invariant(host >= 0 && host <= 0xffff, 'a host number beyond 16 bits');
  invariant(network >= 0 && network <= 0xff_ffff, 'a network number beyond 24 bits');
  const form = formOf(network, address, map);
  const low = form === Form.index ? map.indexOf(network, address) : address.value & LOW_64;
  if (low === -1)
    return refusal('unassigned', 0, `${formatAddress(address)} has no index in network ${network}`);
  const high =
    (ULA << 48n) | (BigInt(host) << 32n) | BigInt(network * 256 + form + (forwards ? FORWARDS : 0));
  return { family: 6, value: (high << 64n) | BigInt(low) };
}

/** The inverse of {@link encodeSubstrateAddress}; refuses as `spoofed` what that function cannot have made. */
export function decodeSubstrateAddress(substrate: Address, map: SubstrateMap): SubstrateEndpoint | Refusal {
  const high = substrate.value >> 64n;
  if (substrate.family !== 6 || high >> 48n !== ULA) {
    return refusal('spoofed', 0, `${formatAddress(substrate)} is no substrate address`);
  }
  const host = Number((high >> 32n) & 0xffffn);
  const lower = Number(high & 0xffff_ffffn);
  const network = Math.floor(lower / 256);
  const address = virtualAddress(network, lower & 15, substrate.value & LOW_64, map);
  if (isProblem(address)) return address;
  if ((lower & 0xff & ~(FORWARDS | 15)) !== 0) return refusal('spoofed', 0, 'unknown bits in the form');
  return { host, network, address, forwards: (lower & FORWARDS) !== 0 };
}

const ULA = 0xfd00n;
const LOW_64 = (1n << 64n) - 1n;
const FORWARDS = 0x10;
const Form = { ipv4: 0, interface: 1, index: 2 } as const;

function formOf(network: number, address: Address, map: SubstrateMap): number {
  if (address.family === 4) return Form.ipv4;
  const prefix = map.ipv6Prefix(network);
  return prefix !== null && prefix.length >= 64 && contains(prefix, address) ? Form.interface : Form.index;
}

function virtualAddress(network: number, form: number, low: bigint, map: SubstrateMap): Address | Refusal {
  if (form === Form.interface) {
    const prefix = map.ipv6Prefix(network);
    if (prefix === null) return refusal('spoofed', 0, `network ${network} has no IPv6 prefix`);
    const address: Address = { family: 6, value: ((prefix.value >> 64n) << 64n) | low };
    if (prefix.length >= 64 && contains(prefix, address)) return address;
    return refusal('spoofed', 0, `${formatAddress(address)} is not in ${prefixText(prefix)}`);
  }
  if (low >> 32n !== 0n) return refusal('spoofed', 0, 'a virtual address beyond 32 bits');
  if (form === Form.ipv4) return { family: 4, value: low };
  const address = form === Form.index ? map.addressAt(network, Number(low)) : null;
  if (address === null || formOf(network, address, map) !== Form.index) {
    return refusal('spoofed', 0, `network ${network} has no address with form ${form} and number ${low}`);
  }
  return address;
}
