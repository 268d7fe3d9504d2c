/**
 * So many bytes, once per start, at a fixed rate and without asking what became of them: what is lost stays lost, and a file
 * with a hole never completes.
 */
import { INFO, type PacketId } from '../packet.ts';
import { type AddressId, NOBODY } from '../system-manager.ts';
import { Sample } from '../trace.ts';
import type { Listener } from '../vm/ip-host.ts';
import { defineTraffic, type ReceiverGround, SINK, type SpecOf } from './definition.ts';
import { headersOf } from './messages.ts';
import { PacedSource, type SourceGround } from './source.ts';
import { Targets } from './targets.ts';

type Spec = SpecOf<'file'>;

/** A packet's `info` is the sequence number of its file's first packet: so files are told apart. */
class FileSource extends PacedSource<Spec> {
  readonly #targets: Targets;
  /** Source and destination port in one word. */
  readonly #ports: number;
  #target: AddressId = NOBODY;
  #headers = 0;
  #rest = 0;
  #firstSeq = 0;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    this.#targets = new Targets(spec, ground);
    this.#ports = (this.host.bindEphemeral(SINK) << 16) | spec.port;
  }

  protected override emit(): void {
    const { host, spec } = this;
    const { packets } = this.fabric;
    const size = Math.min(this.#largest(), this.#headers + this.#rest);
    this.#rest -= size - this.#headers;
    const source = this.#targets.source;
    const target = this.#target;
    const packet = host.datagram(
      this.flow,
      this.sent++,
      source,
      target,
      this.#ports,
      size,
      this.flags,
      spec.ttl,
    );
    packets.doubles[(packet >> 1) + INFO] = this.#firstSeq;
    host.send(packet);
  }

  protected override gap(): number {
    return this.#rest > 0 ? this.spec.interval : Infinity;
  }

  protected override first(): number {
    this.#target = this.#targets.next();
    this.#headers = headersOf(this.fabric.system, this.#target);
    this.#rest = this.spec.size;
    this.#firstSeq = this.sent;
    return 0;
  }

  /** A sender that forbids fragmentation heeds what it has learned of the path (RFC 1191). */
  #largest(): number {
    const { packetSize, df } = this.spec;
    return df ? Math.min(packetSize, this.host.pathMtu(this.#target)) : packetSize;
  }
}

/** So many files of one sender are remembered, complete or not. */
const MOST_FILES = 16;

class Arrival {
  readonly firstSeq: number;
  rest: number;
  /** A bit for each packet that has come. */
  #seen = new Uint8Array(64);

  constructor(firstSeq: number, size: number) {
    this.firstSeq = firstSeq;
    this.rest = size;
  }

  /** True for a packet that has not come before. */
  isNew(place: number): boolean {
    const octet = Math.floor(place / 8);
    if (octet >= this.#seen.length) {
      const wider = new Uint8Array(Math.max(octet + 1, this.#seen.length * 2));
      wider.set(this.#seen);
      this.#seen = wider;
    }
    const bit = 1 << (place % 8);
    if ((this.#seen[octet]! & bit) !== 0) return false;
    this.#seen[octet]! |= bit;
    return true;
  }
}

/** Counts the bytes of each file, and says when it has them all. */
class FileReceiver implements Listener {
  readonly #spec: Spec;
  readonly #ground: ReceiverGround;
  /** By the sender's address, in the order of coming. */
  readonly #files = new Map<AddressId, Arrival[]>();

  constructor(spec: Spec, ground: ReceiverGround) {
    this.#spec = spec;
    this.#ground = ground;
  }

  onPacket(packet: PacketId): void {
    const { fabric, flow } = this.#ground;
    const pool = fabric.packets;
    if (pool.flow(packet) !== flow) return;
    const file = this.#fileOf(pool.source(packet), pool.info(packet));
    if (!file.isNew(pool.seq(packet) - file.firstSeq)) return;
    file.rest -= pool.size(packet) - headersOf(fabric.system, pool.target(packet));
    if (file.rest === 0) fabric.ledger.sample(Sample.completed, flow, fabric.kernel.now, this.#spec.size);
  }

  onPowerOff(): void {
    this.#files.clear();
  }

  #fileOf(sender: AddressId, firstSeq: number): Arrival {
    let files = this.#files.get(sender);
    if (files === undefined) {
      files = [];
      this.#files.set(sender, files);
    }
    for (const file of files) if (file.firstSeq === firstSeq) return file;
    const file = new Arrival(firstSeq, this.#spec.size);
    files.push(file);
    if (files.length > MOST_FILES) files.shift();
    return file;
  }
}

export const file = defineTraffic({
  name: 'file',
  summary: 'So many bytes at a fixed rate, once; what is lost is not sent again.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new FileSource(spec, ground),
  receive: (spec, ground) => new FileReceiver(spec, ground),
});
