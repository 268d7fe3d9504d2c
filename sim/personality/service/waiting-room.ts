/** Who waits in a queue gate: the discipline in force, the packet that came out of it too early, and the draws of those that wait. */
import type { RandomStream } from '../../../engine/index.ts';
import { NO_PACKET, type PacketId, type PacketPool, SIZE } from '../../packet.ts';
import { Fate } from '../../trace.ts';
import type { DisciplineDefinition, DisciplineTools, QueueDiscipline } from '../disciplines/discipline.ts';
import { disciplines } from '../disciplines/index.ts';
import { Draws } from '../draws.ts';
import type { StageTools } from '../stage.ts';
import type { QueueSettings } from './settings.ts';

const DISCIPLINE_DRAWS = Math.max(...disciplines.map(({ drawsPerPacket }) => drawsPerPacket));
/** One for the slot that it may seek, and those of the discipline, whichever it is: so none of them shifts another's. */
export const DRAWS_PER_PACKET = 1 + DISCIPLINE_DRAWS;
/** Of a packet that came before slots took draws: it seeks one of mean length. */
const MEAN_DRAW = 0.5;

export class WaitingRoom {
  readonly #packets: PacketPool;
  readonly #random: RandomStream;
  readonly #tools: DisciplineTools;
  readonly #made = new Map<string, QueueDiscipline>();
  #definition: DisciplineDefinition;
  #discipline: QueueDiscipline;
  #forgetsPassers = false;
  #limitBytes = Infinity;
  #limitPackets = Infinity;
  /** Came out of the discipline, but cannot leave yet: it is longer than the one that was announced. */
  #held: PacketId = NO_PACKET;
  /** On its way into the discipline. */
  #newcomer: PacketId = NO_PACKET;
  #newcomersDraw = 0;
  /** One for each that waits, in order of arrival; only while slots take draws. */
  readonly #draws = new Draws();
  #keepsDraws = false;

  constructor(tools: StageTools) {
    const { kernel, packets, random, surroundings } = tools;
    this.#packets = packets;
    this.#random = random;
    const drop = (packet: PacketId): void => {
      if (packet === this.#newcomer) this.#newcomer = NO_PACKET;
      else this.#draws.drop();
      tools.drop(packet, Fate.queue);
    };
    this.#tools = { kernel, packets, random, surroundings, drop };
    this.#definition = disciplines[0]!;
    this.#discipline = this.#make(this.#definition);
  }

  get bytes(): number {
    const held = this.#held === NO_PACKET ? 0 : this.#packets.ints[this.#held + SIZE]!;
    return this.#discipline.backlogBytes + held;
  }

  get isEmpty(): boolean {
    return this.#held === NO_PACKET && this.#discipline.backlogPackets === 0;
  }

  /** For the slot that the next packet seeks: of the packet that has waited longest, of the last one that came when nobody waits. */
  get slotDraw(): number {
    return this.#draws.length > 0 ? this.#draws.at(0) : this.#newcomersDraw;
  }

  /** Who waits goes on waiting, under another discipline if that has changed. */
  configure({ disciplineName, discipline, limits }: QueueSettings, keepsDraws: boolean): void {
    this.#limitBytes = limits.queueBytes;
    this.#limitPackets = limits.queuePackets;
    const waiting: PacketId[] = [];
    const isOther = disciplineName !== this.#definition.name;
    if (isOther) {
      this.#discipline.evict(waiting);
      this.#definition = disciplines.find(({ name }) => name === disciplineName)!;
      this.#discipline = this.#make(this.#definition);
    }
    this.#forgetsPassers = this.#definition.forgetsPassers === true;
    this.#discipline.configure(discipline);
    for (const packet of waiting) this.#discipline.adopt(packet);
    if (keepsDraws === this.#keepsDraws) return;
    this.#keepsDraws = keepsDraws;
    this.#draws.clear();
    if (!keepsDraws) return;
    const held = this.#held === NO_PACKET ? 0 : 1;
    for (let count = this.#discipline.backlogPackets + held; count > 0; count--) this.#draws.push(MEAN_DRAW);
  }

  /** Whether a packet that can leave at once need not come in, as long as nobody else is here. */
  get forgetsPassers(): boolean {
    return this.#forgetsPassers;
  }

  /** Whether the limits let a packet of that size wait alone. */
  fits(size: number): boolean {
    return this.#limitPackets >= 1 && size <= this.#limitBytes;
  }

  /** To be called for each packet that comes, before anything else: it meets the first of its draws. */
  meet(): void {
    if (this.#keepsDraws) this.#newcomersDraw = this.#random.uniform();
    else this.#random.pass();
  }

  /** The packet meets the rest of its draws and waits, or the discipline drops it or others. */
  enter(packet: PacketId): void {
    this.#newcomer = packet;
    this.#discipline.enqueue(packet);
    const spare = DISCIPLINE_DRAWS - this.#definition.drawsPerPacket;
    if (spare > 0) this.#random.pass(spare);
    if (this.#newcomer === packet && this.#keepsDraws) this.#draws.push(this.#newcomersDraw);
    this.#newcomer = NO_PACKET;
  }

  /** The packet does not have to wait. */
  passBy(): void {
    if (DISCIPLINE_DRAWS > 0) this.#random.pass(DISCIPLINE_DRAWS);
  }

  /** Takes over a packet that waited elsewhere. */
  adopt(packet: PacketId): void {
    this.#discipline.adopt(packet);
    if (this.#keepsDraws) this.#draws.push(MEAN_DRAW);
  }

  /** Bytes of the packet that is next, as far as is known before it is taken out; -1 when nobody waits. */
  nextSize(): number {
    if (this.#held !== NO_PACKET) return this.#packets.ints[this.#held + SIZE]!;
    return this.#discipline.nextSize();
  }

  /** Takes out the next one. May be longer than announced, or NO_PACKET: those before it were dropped on the way. */
  take(): PacketId {
    const held = this.#held;
    this.#held = NO_PACKET;
    const packet = held === NO_PACKET ? this.#discipline.dequeue() : held;
    if (packet !== NO_PACKET) this.#draws.drop();
    return packet;
  }

  /** The packet just taken out will be the next one. */
  putBack(packet: PacketId): void {
    this.#held = packet;
    if (this.#keepsDraws) this.#draws.push(MEAN_DRAW);
  }

  /** The link asks for a packet and nobody waits: CoDel wants to know (RFC 8289, section 5.5). */
  rest(): void {
    this.#discipline.dequeue();
  }

  /** Lets go of everybody, in order of service. */
  evict(into: PacketId[]): void {
    if (this.#held !== NO_PACKET) into.push(this.#held);
    this.#held = NO_PACKET;
    this.#discipline.evict(into);
    this.#draws.clear();
  }

  #make(definition: DisciplineDefinition): QueueDiscipline {
    const made = this.#made.get(definition.name) ?? definition.create(this.#tools);
    this.#made.set(definition.name, made);
    return made;
  }
}
