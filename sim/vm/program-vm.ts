/** The VM as handed to one running program. */
import { type Nanos, type Parking, type RandomStream, seconds } from '../../engine/index.ts';
import type { Chance, PingOptions, Place, Socket, Vm } from './api.ts';
import type { Outlet } from './outlet.ts';
import { UdpSocket } from './socket.ts';

/** As ping(8): so many bytes of payload. */
const PING_PAYLOAD = 56;

export class ProgramVm implements Vm {
  readonly name: string;
  readonly ip: string;
  readonly random: Chance;
  readonly #outlet: Outlet;
  readonly #parking: Parking;

  constructor(outlet: Outlet, parking: Parking) {
    const { system } = outlet.fabric;
    this.name = system.vms[outlet.vm]!;
    this.ip = system.addressText(system.primaryAddress[outlet.vm]!);
    this.random = chanceOf(outlet.random);
    this.#outlet = outlet;
    this.#parking = parking;
  }

  get now(): Nanos {
    return this.#outlet.fabric.kernel.now;
  }

  async sleep(duration: Nanos): Promise<void> {
    await this.#parking.park<void>((wake) => {
      this.#outlet.after(duration, wake);
    });
  }

  udp(port?: number): Socket {
    return new UdpSocket(port, this.#outlet, this.#parking);
  }

  async ping(to: Place, options: PingOptions = {}): Promise<Nanos | null> {
    const outlet = this.#outlet;
    const target = outlet.addressOf(to);
    const { timeout = seconds(1), size = outlet.headers(target) + PING_PAYLOAD } = options;
    const asked = this.now;
    return await this.#parking.park<Nanos | null>((wake) => {
      let seq = -1;
      const timer = outlet.after(timeout, () => {
        outlet.forgetEcho(seq);
        wake(null);
      });
      seq = outlet.sendEcho(target, size, () => {
        outlet.cancel(timer);
        wake(this.now - asked);
      });
    });
  }

  resolve(name: string): string | null {
    const { system } = this.#outlet.fabric;
    return system.hasVm(name) ? system.addressText(this.#outlet.addressOf({ vm: name })) : null;
  }

  note(text: string): void {
    const { ledger } = this.#outlet.fabric;
    ledger.command({ at: this.now, command: 'note', subject: this.name, effect: text });
  }
}

/** What programs may ask of a stream; they cannot make it owe draws, and their mistakes are theirs. */
const chanceOf = (stream: RandomStream): Chance => ({
  uniform: () => stream.uniform(),
  below(limit) {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 2 ** 32))
      throw new RangeError(`a number below ${limit}`);
    return stream.below(limit);
  },
  chance: (probability) => stream.chance(probability),
  exponential: () => stream.exponential(),
});
