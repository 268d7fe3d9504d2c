/** What a user's program on a VM can do. Times are whole nanoseconds of virtual time: `ms(10)`, `seconds(1)`. */
import type { Nanos } from '../../engine/index.ts';

/** A program: it runs on a VM, from the start of its traffic until it returns. */
export type Program = (vm: Vm, args: unknown) => Promise<void>;

/** Whom to send to: a VM by its id, or an address. */
export type Place = { readonly vm: string } | { readonly ip: string };

/** The VM as its program sees it. Everything but `sleep`, `ping` and `receive` happens at once; while they wait, time passes. */
export interface Vm {
  /** Its id. */
  readonly name: string;
  /** Its (first) address. */
  readonly ip: string;
  /** Ns since the run began. */
  readonly now: Nanos;
  /** Chance of this program's own: it changes nobody else's, and is the same in every run of a seed. */
  readonly random: Chance;
  /** Returns after so many ns; after 0, when everything else of this instant that was due has happened. */
  sleep(duration: Nanos): Promise<void>;
  /** Opens a UDP port; without a number a free one from 49152 on. @throws {RangeError} when it is taken or none. */
  udp(port?: number): Socket;
  /**
   * Sends one echo request; the round trip in ns, or null when no reply came in `timeout` (default 1 s). `size`: the IP packet's
   * length in bytes, default 56 more than its headers.
   */
  ping(to: Place, options?: PingOptions): Promise<Nanos | null>;
  /** The address of a VM as seen from here; null when there is no such VM. */
  resolve(name: string): string | null;
  /** Puts a line on the run's record, among the commands. */
  note(text: string): void;
}

export interface PingOptions {
  readonly size?: number;
  readonly timeout?: Nanos;
}

/** One draw of the program's stream each. */
export interface Chance {
  /** In [0, 1). */
  uniform(): number;
  /** A whole number from 0 to `limit` - 1. @throws {RangeError} unless `limit` is a whole number from 1 to 2^32. */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Exponentially distributed with mean 1. */
  exponential(): number;
}

/** An open UDP port. */
export interface Socket {
  readonly port: number;
  /** Datagrams that found {@link RECEIVE_BUFFER} others waiting, and were lost. The network has delivered them all the same. */
  readonly overflowed: number;
  /**
   * Sends a datagram: these octets, this text (UTF-8), or so many octets of 0. IPv4 adds 28 bytes of headers, IPv6 48. What a VM
   * without power sends is dropped (`vm-down`).
   *
   * @throws {RangeError} for an unknown VM, an address of the wrong family, a port that is none, or more than 65535 bytes in all.
   */
  send(to: Place & { readonly port: number }, data: Uint8Array | string | number): void;
  /**
   * The next datagram, in order of arrival; null when none has come within `timeout` (default: none), or the socket was closed
   * meanwhile. Every call gets a datagram of its own: one that lost a `Promise.race` still takes the next.
   *
   * @throws {Error} when the socket is closed.
   */
  receive(options?: { readonly timeout?: Nanos }): Promise<Datagram | null>;
  /** Closes the port: what still arrives is answered with port unreachable. */
  close(): void;
}

/** So many datagrams wait for `receive`; more are lost. */
export const RECEIVE_BUFFER = 1024;

export interface Datagram {
  readonly from: { readonly ip: string; readonly port: number };
  /** Bytes of payload. */
  readonly size: number;
  /** The payload; octets of 0 where the sender gave a size only. The receiver's own copy. */
  readonly data: Uint8Array;
  /** The payload as UTF-8 text. */
  readonly text: string;
}
