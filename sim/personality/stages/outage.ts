/** A link that goes down now and then: what comes meanwhile is lost (as mahimahi's mm-onoff does), or held until it is up again. */
import {
  type Actor,
  type ActorId,
  type EventId,
  LAST_INSTANT,
  ms,
  type Nanos,
  NO_EVENT,
  Rank,
  ZERO,
} from '../../../engine/index.ts';
import { NEXT, NO_PACKET, type PacketId } from '../../packet.ts';
import { Fate } from '../../trace.ts';
import { bringTo, OnOff } from '../on-off.ts';
import type { Values } from '../params.ts';
import type { Profile } from '../profile.ts';
import { defineGate, type Gate, type StageTools } from '../stage.ts';

const duration = { kind: 'milliseconds', identity: 0, min: 0, max: 3_600_000 } as const;

const outageParams = {
  'outage.dropEvery': {
    ...duration,
    help: 'From the end of one outage in which packets are dropped to the beginning of the next, in ms; the link begins up.',
  },
  'outage.dropFor': { ...duration, help: 'How long such an outage lasts, in ms.' },
  'outage.holdEvery': {
    ...duration,
    help: 'From the end of one outage in which packets are held to the beginning of the next, in ms; the link begins up.',
  },
  'outage.holdFor': {
    ...duration,
    help: 'How long such an outage lasts, in ms; then what was held goes on at once, in order.',
  },
  'outage.law': {
    kind: 'choice',
    identity: 'fixed',
    choices: ['fixed', 'exponential'],
    help: 'fixed: always so long. exponential: on average.',
  },
} as const;

type OutageValues = Values<typeof outageParams>;

export const outage = defineGate({
  name: 'outage',
  summary: 'Drops or holds packets while the link is down.',
  params: outageParams,
  // Draws are the outages', not the packets'.
  drawsPerPacket: 0,
  active: (values) =>
    (values['outage.dropEvery'] > 0 && values['outage.dropFor'] > 0) ||
    (values['outage.holdEvery'] > 0 && values['outage.holdFor'] > 0),
  create: (tools) => new OutageGate(tools),
});

/** Both kinds of outage come and go on their own; what arrives in both at once is dropped. */
class OutageGate implements Gate<OutageValues>, Actor {
  readonly #tools: StageTools;
  readonly #actor: ActorId;
  readonly #drop: OnOff;
  readonly #hold: OnOff;
  // What is held: a list through the packets' own rows.
  #head: PacketId = NO_PACKET;
  #tail: PacketId = NO_PACKET;
  #event: EventId = NO_EVENT;
  /** Until then nothing changes. */
  #until: Nanos = ZERO;

  constructor(tools: StageTools) {
    this.#tools = tools;
    this.#actor = tools.kernel.enroll(this, Rank.departure);
    this.#drop = new OnOff(tools.random);
    this.#hold = new OnOff(tools.random);
  }

  /** Outages whose settings change begin anew; what the old ones held goes on. */
  configure(values: OutageValues): void {
    const { kernel } = this.#tools;
    const { now } = kernel;
    const law = values['outage.law'];
    bringTo(now, this.#drop, this.#hold);
    const [dropEvery, dropFor] = [values['outage.dropEvery'], values['outage.dropFor']];
    const [holdEvery, holdFor] = [values['outage.holdEvery'], values['outage.holdFor']];
    this.#drop.configure({ up: ms(dropEvery), down: ms(dropFor), law }, now);
    this.#hold.configure({ up: ms(holdEvery), down: ms(holdFor), law }, now);
    this.#until = now;
    if (!this.#hold.isUp) return;
    if (this.#event !== NO_EVENT) kernel.cancel(this.#event, this.#actor);
    this.#event = NO_EVENT;
    this.#release();
  }

  admit(packet: PacketId): boolean {
    if (this.#tools.kernel.now >= this.#until) this.#bringToNow();
    if (!this.#drop.isUp) return this.#tools.drop(packet, Fate.linkDown);
    // At the end of an outage, too, it stays behind those that were held.
    if (this.#hold.isUp && this.#head === NO_PACKET) return true;
    this.#keep(packet);
    return false;
  }

  onEvent(): void {
    this.#event = NO_EVENT;
    this.#bringToNow();
    if (this.#hold.isUp) this.#release();
    else this.#arm();
  }

  #bringToNow(): void {
    bringTo(this.#tools.kernel.now, this.#drop, this.#hold);
    this.#until = Math.min(this.#drop.changesAt, this.#hold.changesAt);
  }

  #keep(packet: PacketId): void {
    const { ints } = this.#tools.packets;
    ints[packet + NEXT] = NO_PACKET;
    if (this.#head === NO_PACKET) this.#head = packet;
    else ints[this.#tail + NEXT] = packet;
    this.#tail = packet;
    if (this.#event === NO_EVENT && !this.#hold.isUp) this.#arm();
  }

  /** What is held beyond the last instant of a run stays where it is. */
  #arm(): void {
    const { changesAt } = this.#hold;
    if (changesAt <= LAST_INSTANT) this.#event = this.#tools.kernel.at(changesAt, this.#actor, 0);
  }

  #release(): void {
    while (this.#head !== NO_PACKET) {
      const packet = this.#head;
      // Read before it goes on: its row may then be another's.
      this.#head = this.#tools.packets.ints[packet + NEXT]!;
      this.#tools.onward(packet);
    }
  }
}

/** A time without the one that belongs to it. */
export function outageProblems(profile: Profile): { path: string; found: string; allowed: string }[] {
  return [
    ...lonely(profile, 'outage.dropFor', 'outage.dropEvery'),
    ...lonely(profile, 'outage.dropEvery', 'outage.dropFor'),
    ...lonely(profile, 'outage.holdFor', 'outage.holdEvery'),
    ...lonely(profile, 'outage.holdEvery', 'outage.holdFor'),
  ];
}

function lonely(profile: Profile, given: string, needed: string) {
  const value = profile[given];
  const other = profile[needed];
  if (typeof value !== 'number' || value <= 0 || (typeof other === 'number' && other > 0)) return [];
  // A duration of 0 turns the outages off; 0 between them would mean to be always down.
  if (other === 0 && given.endsWith('Every')) return [];
  return [
    {
      path: needed,
      found: other === undefined ? 'nothing' : String(other),
      allowed: `a time above 0, because ${given} is ${value}`,
    },
  ];
}
