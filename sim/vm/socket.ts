/** A program's UDP socket. */
import { type Nanos, NEVER, type Parking } from '../../engine/index.ts';
import type { PacketId } from '../packet.ts';
import { type Datagram, type Place, RECEIVE_BUFFER, type Socket } from './api.ts';
import type { Listener } from './ip-host.ts';
import type { Outlet, Timer } from './outlet.ts';

/** A `receive` that waits. */
interface Receiver {
  readonly wake: (datagram: Datagram | null) => void;
  timer: Timer | null;
}

export class UdpSocket implements Socket, Listener {
  readonly port: number;
  readonly #outlet: Outlet;
  readonly #parking: Parking;
  // At most one of the two holds something.
  readonly #arrived: Datagram[] = [];
  readonly #receivers: Receiver[] = [];
  #overflowed = 0;
  #closed = false;

  constructor(port: number | undefined, outlet: Outlet, parking: Parking) {
    this.#outlet = outlet;
    this.#parking = parking;
    if (port === undefined) {
      this.port = outlet.host.bindEphemeral(this);
      return;
    }
    checkPort(port);
    outlet.host.bind(port, this);
    this.port = port;
  }

  get overflowed(): number {
    return this.#overflowed;
  }

  send(to: Place & { readonly port: number }, data: Uint8Array | string | number): void {
    this.#checkOpen();
    checkPort(to.port);
    const target = this.#outlet.addressOf(to);
    if (typeof data === 'number') {
      if (!(Number.isInteger(data) && data >= 0)) throw new RangeError(`a datagram of ${data} bytes`);
      this.#outlet.sendDatagram(this.port, target, to.port, data, null);
      return;
    }
    // A copy: the program may go on writing into its own.
    const octets = typeof data === 'string' ? new TextEncoder().encode(data) : data.slice();
    this.#outlet.sendDatagram(this.port, target, to.port, octets.length, octets);
  }

  async receive({ timeout = NEVER }: { readonly timeout?: Nanos } = {}): Promise<Datagram | null> {
    this.#checkOpen();
    const datagram = this.#arrived.shift();
    if (datagram !== undefined) return datagram;
    return await this.#parking.park<Datagram | null>((wake) => {
      const receiver: Receiver = { wake, timer: null };
      receiver.timer = this.#outlet.after(timeout, () => {
        this.#receivers.splice(this.#receivers.indexOf(receiver), 1);
        wake(null);
      });
      this.#receivers.push(receiver);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outlet.host.unbind(this.port);
    this.#arrived.length = 0;
    for (const receiver of this.#receivers.splice(0)) this.#wake(receiver, null);
  }

  onPacket(packet: PacketId): void {
    const receiver = this.#receivers.shift();
    if (receiver !== undefined) this.#wake(receiver, this.#read(packet));
    else if (this.#arrived.length < RECEIVE_BUFFER) this.#arrived.push(this.#read(packet));
    else this.#overflowed++;
  }

  #wake(receiver: Receiver, datagram: Datagram | null): void {
    if (receiver.timer !== null) this.#outlet.cancel(receiver.timer);
    receiver.wake(datagram);
  }

  #read(packet: PacketId): Datagram {
    const { packets, system } = this.#outlet.fabric;
    const source = packets.source(packet);
    const size = packets.size(packet) - this.#outlet.headers(packets.target(packet));
    const octets = packets.body(packet);
    const data = octets instanceof Uint8Array ? octets.slice() : new Uint8Array(size);
    return {
      from: { ip: system.addressText(source), port: packets.sourcePort(packet) },
      size,
      data,
      get text() {
        return new TextDecoder().decode(data);
      },
    };
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error(`the socket at port ${this.port} is closed`);
  }
}

function checkPort(port: number): void {
  if (!(Number.isInteger(port) && port >= 1 && port <= 65535))
    throw new RangeError(`${port} is not a UDP port`);
}
