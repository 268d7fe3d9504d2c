/** Which interface of the capture stands for which attachment of a VM, and which for which pair of hosts. */
import { type Address, formatAddress, type World } from '../../sim/index.ts';
import type { BlockBuffer, InterfaceDescription } from './blocks.ts';

type System = World['system'];

export class Attachments {
  readonly #system: System;
  readonly #out: BlockBuffer;
  /** By VM: the number of its first interface. */
  readonly #first: Int32Array;
  readonly #pairs = new Map<number, number>();

  /** Describes every VM's attachments, in the scenario's order. */
  constructor(system: System, out: BlockBuffer) {
    this.#system = system;
    this.#out = out;
    this.#first = Int32Array.from(system.vms, (_, vm) => {
      const numbers = system.interfacesOf(vm).map((own) => out.addInterface(describe(system, vm, own)));
      return numbers[0] ?? 0;
    });
  }

  /** Where a VM sends from or receives at that address, which need not be its own: another one of the same network. */
  of(vm: number, address: number): number {
    const own = this.#system.interfacesOf(vm);
    if (own.length === 1) return this.#first[vm]!;
    const { network } = this.#system;
    let place = own.indexOf(address);
    for (let i = 0; place < 0 && i < own.length; i++) if (network[own[i]!] === network[address]) place = i;
    return this.#first[vm]! + Math.max(0, place);
  }

  /** From one host to another; described when first asked for. */
  between(from: number, to: number): number {
    const key = from * 65536 + to;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const { hosts } = this.#system;
    const added = this.#out.addInterface({
      name: `${hosts[from]}>${hosts[to]}`,
      description: `substrate from host ${hosts[from]} to host ${hosts[to]}`,
    });
    this.#pairs.set(key, added);
    return added;
  }
}

/** A VM with several attachments has them told apart by network, or by address where two are in the same one. */
function describe(system: System, vm: number, own: number): InterfaceDescription {
  const all = system.interfacesOf(vm);
  const id = system.vms[vm]!;
  const networkOf = (address: number) => system.networks[system.network[address]!]!;
  const network = networkOf(own);
  const text = formatAddress(system.valueOf(own));
  const isAlone = all.every((other) => other === own || networkOf(other) !== network);
  const name = all.length === 1 ? id : `${id} ${isAlone ? network.id : text}`;
  const { family, length } = network.prefix;
  return {
    name,
    description: `${text} in network ${network.id}`,
    address: { family, octets: addressOption(system.valueOf(own), length) },
  };
}

/** The value of `if_IPv4addr` (address and mask) or `if_IPv6addr` (address and prefix length). */
function addressOption({ family, value }: Address, length: number): Uint8Array {
  if (family === 4) {
    const mask = length === 0 ? 0 : -1 << (32 - length);
    const octets = new DataView(new ArrayBuffer(8));
    octets.setUint32(0, Number(value));
    octets.setInt32(4, mask);
    return new Uint8Array(octets.buffer);
  }
  const octets = new DataView(new ArrayBuffer(17));
  octets.setBigUint64(0, value >> 64n);
  octets.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  octets.setUint8(16, length);
  return new Uint8Array(octets.buffer);
}
