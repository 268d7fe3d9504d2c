/**
 * A personality as commands of tc: netem, below it tbf where a bucket shapes, below that the queue. What tc cannot do is said in
 * comments. tc delays first and shapes afterwards, here it is the other way round: without a queue the sums are the same.
 */
import type { Profile } from '../../sim/index.ts';
import { tidy } from './dialect.ts';
import { NO_RATE_KBPS } from './tc-netem.ts';
import {
  delayedPackets,
  ENDLESS,
  hasAtmCells,
  leastBucketBytes,
  mtuOf,
  numberOf,
  queueBytes,
  queuePackets,
  settingsOf,
} from './tc-queue.ts';
import { redWeight } from './tc-queues.ts';
import { writePercent, writeRate, writeSize, writeTime } from './tc-units.ts';

/** What tc cannot do, or does in its own way. */
export interface ExportNote {
  readonly field: string;
  readonly why: string;
}

export interface TcExport {
  readonly commands: readonly string[];
  readonly notes: readonly ExportNote[];
}

/** The commands for packets that leave through a device. */
export function exportTc(fields: Profile, device: string): TcExport {
  return new Exporter(fields, device).export();
}

export interface TcScriptOptions {
  readonly id: string;
  readonly fields: Profile;
  /** Where packets leave towards the VM. */
  readonly device: string;
  readonly egress?: Profile | undefined;
  /** Where packets from the VM leave. */
  readonly egressDevice: string;
}

/** A shell script for both directions, with comments. */
export function tcScript({ id, fields, device, egress, egressDevice }: TcScriptOptions): string {
  const towards = section(
    `packets towards the VM: where they leave for it, ${device}`,
    exportTc(fields, device),
  );
  const from =
    egress === undefined
      ? []
      : section(`packets from the VM: where those leave, ${egressDevice}`, exportTc(egress, egressDevice));
  return `${[`# ${id.replace(/[\p{C}]/gu, ' ')}, as netpersona export --tc writes it`, ...towards, ...from].join('\n')}\n`;
}

function section(title: string, { commands, notes }: TcExport): string[] {
  const body = commands.length === 0 ? ['# nothing for tc to do'] : commands;
  const told = notes.map(({ field, why }) => `#   ${field}: ${why}`);
  return [`# ${title}`, ...body, ...(told.length === 0 ? [] : ['# not the same:', ...told])];
}

/** The shortest that tc knows everywhere. */
const LEAST_DELAY_MS = 0.001;
/** What tc sets when nothing is said. */
const NETEM_LIMIT = 1000;

class Exporter {
  readonly #fields: Profile;
  readonly #device: string;
  readonly #commands: string[] = [];
  readonly #notes: ExportNote[] = [];
  /** Of the discipline that the next one hangs on. */
  #above = 0;

  constructor(fields: Profile, device: string) {
    this.#fields = fields;
    this.#device = device;
  }

  export(): TcExport {
    this.#mtu();
    const netem = [
      ...this.#delay(),
      ...this.#loss(),
      ...this.#duplicate(),
      ...this.#corrupt(),
      ...this.#reorder(),
    ];
    const rate = this.#number('bandwidthKbps');
    const isWire = rate !== undefined && this.#isWire();
    if (isWire) netem.push(...this.#netemRate(rate));
    else if (this.#keepsOrder() && !this.#isCompat()) {
      // Only a netem with a rate keeps packets in order. This one is too fast to matter.
      netem.push('rate', writeRate(NO_RATE_KBPS));
    }
    netem.push(...this.#slot());
    if (netem.length > 0) this.#add('netem', [...netem, 'limit', String(this.#netemLimit(isWire))]);
    if (rate !== undefined && !isWire) this.#bucket(rate);
    this.#others();
    return { commands: this.#commands, notes: this.#notes };
  }

  #number(path: string): number | undefined {
    return numberOf(this.#fields, path);
  }

  #share(path: string): number {
    return this.#number(path) ?? 0;
  }

  #note(field: string, why: string): void {
    this.#notes.push({ field, why });
  }

  #add(kind: string, options: readonly (string | number)[]): void {
    const place = this.#above === 0 ? 'root' : `parent ${this.#above}:1`;
    this.#above++;
    const command = `tc qdisc add dev ${this.#device} ${place} handle ${this.#above}: ${kind}`;
    this.#commands.push([command, ...options].join(' '));
  }

  #mtu(): void {
    const mtu = this.#number('mtu');
    if (mtu !== undefined)
      this.#note('mtu', `${mtu} is the interface's: ip link set dev ${this.#device} mtu ${mtu}`);
  }

  // ---- netem

  #correlation(path: string): string[] {
    const value = this.#share(path);
    if (value === 0) return [];
    if (!this.#isCompat())
      this.#note(
        path,
        "netem's filter does not keep the share or the spread that it is told; here they are exact",
      );
    return [writePercent(value)];
  }

  #delay(): string[] {
    const latency = this.#share('latencyMs');
    const jitter = this.#share('jitterMs');
    if (latency === 0 && jitter === 0) return [];
    if (jitter === 0) return ['delay', writeTime(latency)];
    const distribution = String(this.#fields['jitter.distribution'] ?? 'uniform');
    const isNamed = distribution !== 'uniform' && distribution !== 'table';
    if (distribution === 'table')
      this.#note(
        'jitter.table',
        "a file in tc's own folder, and distribution with its name; uniform without",
      );
    const base = latency === 0 && isNamed ? LEAST_DELAY_MS : latency;
    if (base !== latency) this.#note('latencyMs', 'netem takes a distribution only with a delay');
    const words = ['delay', writeTime(base), writeTime(jitter), ...this.#correlation('jitter.correlation')];
    return isNamed ? [...words, 'distribution', distribution] : words;
  }

  #keepsOrder(): boolean {
    return this.#share('jitterMs') > 0 && this.#fields['jitter.preserveOrder'] !== false;
  }

  #loss(): string[] {
    const words = this.#lossModel();
    if (words.length > 0 && this.#fields['loss.ecn'] === true) words.push('ecn');
    return words;
  }

  #lossModel(): string[] {
    const model = String(this.#fields['loss.model'] ?? 'random');
    const loss = this.#share('packetLossPercentage');
    const meanBurst = this.#number('loss.meanBurst') ?? 1;
    const chance = (name: string, otherwise: number): number => this.#number(`loss.${name}`) ?? otherwise;
    switch (model) {
      case 'random':
        return loss === 0
          ? []
          : ['loss', 'random', writePercent(loss), ...this.#correlation('loss.correlation')];
      case 'gilbertElliott': {
        const p = chance('p', 0);
        return twoStates(p, chance('r', 1 - p), 1 - chance('h', 0), 1 - chance('k', 1));
      }
      case 'burst':
        return loss === 0 ? [] : twoStates(loss / (meanBurst * (1 - loss)), 1 / meanBurst, 1, 0);
      case 'markov4': {
        const p13 = chance('p13', 0);
        return fourStates([
          p13,
          chance('p31', 1 - p13),
          chance('p32', 0),
          chance('p23', 1),
          chance('p14', 0),
        ]);
      }
      case 'generalIntuitive': {
        if (loss === 0) return [];
        const density = chance('density', 1);
        const isolated = chance('isolated', 0);
        const goodRun = chance('meanGoodRun', 1);
        return fourStates([
          loss === isolated ? 0 : (loss - isolated) / (meanBurst * (density - loss) * (1 - isolated)),
          1 / (density * meanBurst),
          (1 - density) / (density * goodRun),
          1 / goodRun,
          isolated / (1 - isolated),
        ]);
      }
      default:
        this.#note('loss.model', `netem has no ${model}: it loses by chance only`);
        return [];
    }
  }

  #duplicate(): string[] {
    const share = this.#share('duplicatePacketPercentage');
    if (share === 0) return [];
    return ['duplicate', writePercent(share), ...this.#correlation('duplicate.correlation')];
  }

  #corrupt(): string[] {
    const share = this.#share('corrupt.percentage');
    if (share === 0) return [];
    if ((this.#number('corrupt.bits') ?? 1) > 1) this.#note('corrupt.bits', 'netem flips one bit');
    if ((this.#fields['corrupt.where'] ?? 'any') !== 'any')
      this.#note('corrupt.where', 'netem flips a bit anywhere');
    if (this.#fields['corrupt.silent'] === true)
      this.#note('corrupt.silent', 'netem leaves checksums as they were, so that receivers notice');
    return ['corrupt', writePercent(share), ...this.#correlation('corrupt.correlation')];
  }

  #reorder(): string[] {
    const share = this.#share('reorder.percentage');
    if (share === 0) return [];
    if (this.#share('reorder.holdPackets') > 0 || this.#share('reorder.holdMs') > 0) {
      this.#note('reorder', 'netem sends chosen packets ahead of others; it holds none back');
      return [];
    }
    if (this.#share('latencyMs') === 0) {
      this.#note('reorder', 'there is no delay for packets to skip');
      return [];
    }
    const gap = this.#number('reorder.gap') ?? 1;
    const words = ['reorder', writePercent(share), ...this.#correlation('reorder.correlation')];
    return gap > 1 ? [...words, 'gap', String(gap)] : words;
  }

  /** A personality that is a netem. */
  #isCompat(): boolean {
    return this.#fields['netemCompat'] === true;
  }

  /** A wire without a queue discipline is netem's own rate. */
  #isWire(): boolean {
    if (this.#isCompat()) return true;
    return (
      this.#fields['bandwidth.model'] === 'serialize' &&
      this.#discipline() === 'droptail' &&
      this.#number('bandwidth.peakKbps') === undefined
    );
  }

  #discipline(): string {
    return String(this.#fields['bandwidth.discipline'] ?? 'droptail');
  }

  #netemRate(rate: number): string[] {
    if (this.#share('jitterMs') > 0 && this.#fields['jitter.preserveOrder'] === false && !this.#isCompat())
      this.#note('jitter.preserveOrder', 'a netem with a rate keeps packets in order');
    const overhead = this.#number('bandwidth.overheadBytes') ?? 0;
    const cell = this.#number('bandwidth.cellBytes') ?? 0;
    const cellOverhead = this.#number('bandwidth.cellOverheadBytes') ?? 0;
    if (overhead === 0 && cell === 0) this.#noteEthernet('bandwidthKbps');
    if (cell > 0) return ['rate', writeRate(rate), String(overhead), String(cell), String(cellOverhead)];
    return overhead === 0 ? ['rate', writeRate(rate)] : ['rate', writeRate(rate), String(overhead)];
  }

  #noteEthernet(field: string): void {
    this.#note(field, 'tc also counts the 14 bytes of an Ethernet header');
  }

  #slot(): string[] {
    const least = this.#number('bandwidth.slotMinMs');
    const most = this.#number('bandwidth.slotMaxMs') ?? least;
    if (most === undefined || most === 0) return [];
    const packets = this.#share('bandwidth.slotPackets');
    const bytes = this.#share('bandwidth.slotBytes');
    return [
      ...['slot', writeTime(least ?? most), writeTime(most)],
      ...(packets > 0 ? ['packets', String(packets)] : []),
      ...(bytes > 0 ? ['bytes', writeSize(bytes)] : []),
    ];
  }

  /** netem's default of 1000 packets drops what nobody asked it to. */
  #netemLimit(isWire: boolean): number {
    if (this.#isCompat()) return this.#number('bandwidth.queuePackets') ?? NETEM_LIMIT;
    return isWire ? queuePackets(this.#fields) + delayedPackets(this.#fields) : ENDLESS;
  }

  // ---- tbf and the queue below it

  #bucket(rate: number): void {
    const fields = this.#fields;
    const overhead = this.#number('bandwidth.overheadBytes') ?? 0;
    const isAtm = hasAtmCells(fields);
    if (this.#number('bandwidth.cellBytes') !== undefined && !isAtm)
      this.#note('bandwidth.cellBytes', 'tbf knows the cells of ATM only, 48 and 5 bytes');
    if (overhead === 0 && !isAtm) this.#noteEthernet('bandwidthKbps');
    if (fields['bandwidth.model'] === 'serialize')
      this.#note(
        'bandwidth.model',
        'a bucket of one packet; netem, whose rate is a wire, has no other queue than its own',
      );
    const peak = this.#number('bandwidth.peakKbps');
    // tbf drops what does not fit into its bucket, and measures it as it is on the link.
    const packet = leastBucketBytes(fields);
    const burst = fields['bandwidth.model'] === 'serialize' ? packet : settingsOf(fields).burstBytes;
    this.#add('tbf', [
      ...['rate', writeRate(rate), 'burst', writeSize(Math.max(packet, burst))],
      ...['limit', writeSize(Math.max(packet, queueBytes(fields)))],
      ...(peak === undefined ? [] : ['peakrate', writeRate(peak), 'mtu', writeSize(packet)]),
      ...(overhead === 0 ? [] : ['overhead', overhead]),
      ...(isAtm ? ['linklayer', 'atm'] : []),
    ]);
    this.#queue();
  }

  #queue(): void {
    const discipline = this.#discipline();
    const packets = queuePackets(this.#fields);
    switch (discipline) {
      case 'droptail':
        if (this.#number('bandwidth.queuePackets') !== undefined) this.#add('pfifo', ['limit', packets]);
        return;
      case 'drophead':
        this.#add('pfifo_head_drop', ['limit', packets]);
        return;
      case 'codel':
        this.#add('codel', ['limit', packets, ...this.#codelTimes(), ...this.#ecn(false)]);
        return;
      case 'fqCodel':
        this.#add('fq_codel', [
          ...['limit', packets, ...this.#given('flows', 'bandwidth.flows')],
          ...[...this.#given('quantum', 'bandwidth.quantumBytes'), ...this.#codelTimes(), ...this.#ecn(true)],
        ]);
        return;
      case 'pie':
        this.#add('pie', [
          ...['limit', packets, ...this.#givenTime('target', 'bandwidth.targetMs')],
          ...[...this.#givenTime('tupdate', 'bandwidth.updateMs'), ...this.#ecn(false)],
        ]);
        if ((this.#number('bandwidth.burstAllowanceMs') ?? 150) !== 150)
          this.#note('bandwidth.burstAllowanceMs', 'always 150 ms in Linux');
        return;
      case 'red':
      case 'ared':
        this.#red(discipline === 'ared');
        return;
      case 'prio':
        this.#add('prio', this.#given('bands', 'bandwidth.bands'));
        this.#note(
          'bandwidth.discipline',
          "prio's bands have queues as long as the device's own (txqueuelen)",
        );
        return;
      case 'drr':
        this.#drr();
        return;
      default:
        this.#note('bandwidth.discipline', `tc has no ${discipline}`);
    }
  }

  #given(name: string, path: string): (string | number)[] {
    const value = this.#number(path);
    return value === undefined ? [] : [name, value];
  }

  #givenTime(name: string, path: string): string[] {
    const value = this.#number(path);
    return value === undefined ? [] : [name, writeTime(value)];
  }

  #codelTimes(): string[] {
    return [
      ...this.#givenTime('target', 'bandwidth.targetMs'),
      ...this.#givenTime('interval', 'bandwidth.intervalMs'),
    ];
  }

  /** `byDefault`: what the kernel does when nothing is said. */
  #ecn(byDefault: boolean): string[] {
    const marks = settingsOf(this.#fields).discipline.ecn;
    return marks ? ['ecn'] : byDefault ? ['noecn'] : [];
  }

  /** Thresholds in packets of one MTU; the weight by the burst that tc makes it of. What is 0 follows from the rate, here and there. */
  #red(isAdaptive: boolean): void {
    const mtu = mtuOf(this.#fields);
    const {
      redMin,
      redMax,
      redWeight: weight,
      redGentle,
      redMaxProbability,
    } = settingsOf(this.#fields).discipline;
    const bytes = (name: string, packets: number): string[] =>
      packets === 0 ? [] : [name, writeSize(Math.round(packets * mtu))];
    const burst = weight === 0 ? undefined : burstFor(redMin, weight);
    const actual = burst === undefined ? weight : redWeight(redMin, burst);
    if (actual !== weight)
      this.#note('bandwidth.redWeight', `Linux takes powers of a half: ${actual} for ${weight}`);
    if (redMin === 0 || redMax === 0 || weight === 0)
      this.#note('bandwidth.redMin', 'what is not given follows from the limit in tc, from the rate here');
    if (redGentle) this.#note('bandwidth.redGentle', 'Linux drops everything above the upper threshold');
    this.#add('red', [
      ...['limit', writeSize(queueBytes(this.#fields)), ...bytes('min', redMin), ...bytes('max', redMax)],
      ...['avpkt', writeSize(mtu), ...(burst === undefined ? [] : ['burst', burst])],
      ...['probability', redMaxProbability, 'bandwidth', writeRate(this.#share('bandwidthKbps'))],
      ...(isAdaptive ? ['adaptive'] : []),
      ...this.#ecn(false),
    ]);
  }

  /** Flows spread over classes, as in the example of tc-drr(8). */
  #drr(): void {
    this.#add('drr', []);
    const handle = this.#above;
    const flows = settingsOf(this.#fields).discipline.flows;
    const quantum = this.#number('bandwidth.quantumBytes');
    const dev = `dev ${this.#device} parent ${handle}:`;
    const words = quantum === undefined ? '' : ` quantum ${writeSize(quantum)}`;
    this.#commands.push(
      `for i in $(printf '%x ' $(seq 1 ${flows})); do tc class add ${dev} classid ${handle}:$i drr${words}; done`,
      `tc filter add ${dev} handle 1 protocol all prio 1 flow hash keys src,dst,proto,proto-src,proto-dst divisor ${flows} baseclass ${handle}:1`,
    );
    this.#note('bandwidth.discipline', "drr's classes have queues as long as the device's own (txqueuelen)");
  }

  // ---- the rest

  #others(): void {
    const fields = this.#fields;
    const paths = Object.keys(fields);
    if (
      (fields['routingProfile'] ?? 'Static') !== 'Static' ||
      paths.some((path) => path.startsWith('routing.'))
    )
      this.#note('routingProfile', 'tc changes no addresses');
    if (paths.some((path) => path.startsWith('outage.')))
      this.#note('outage', 'tc has no outages; a script can change the loss to 100% and back');
    if (fields['bandwidth.trace'] !== undefined)
      this.#note('bandwidth.trace', "mahimahi's mm-link plays such a trace; tc does not");
    const isShapedLate = this.#number('bandwidthKbps') !== undefined && !this.#isWire();
    if (isShapedLate && this.#share('jitterMs') > 0)
      this.#note('jitterMs', 'tc delays before it shapes, so that a full queue evens jitter out');
  }
}

function twoStates(p: number, r: number, lossInBad: number, lossInGood: number): string[] {
  return ['loss', 'gemodel', ...[p, r, lossInBad, lossInGood].map((each) => writePercent(within(each)))];
}

const fourStates = (chances: readonly number[]): string[] => [
  'loss',
  'state',
  ...chances.map((each) => writePercent(within(each))),
];

/** Sums that are 1 on paper may come out a little above it. */
const within = (chance: number): number => tidy(Math.min(1, Math.max(0, chance)));

const MOST_BURST = 1_000_000;

/** The longest burst, in packets, for which tc takes a weight of at least this. */
function burstFor(min: number, weight: number): number {
  let low = Math.max(1, Math.ceil(min));
  let high = MOST_BURST;
  // The longer the burst, the smaller the weight.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const taken = redWeight(min, middle);
    if (taken !== null && taken >= weight) low = middle;
    else high = middle - 1;
  }
  return low;
}
