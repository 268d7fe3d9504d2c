/** One run's standard sinks in one, and what they say at the end. Does not decide when a run ends. */
import type { Nanos } from '../engine/index.ts';
import type { Expectation } from '../scenarios/index.ts';
import type { CommandRecord, EndedPackets, Names, Probe, Sample, TraceSink } from '../sim/index.ts';
import type { Artefact } from './artefact.ts';
import type { OpenFile } from './byte-writer.ts';
import { commandsCsv, flowsCsv } from './csv.ts';
import { Digest } from './digest.ts';
import { judge, windowsOf } from './expect.ts';
import { FlowSink } from './flows.ts';
import { type LinkReading, LinkSink } from './links.ts';
import { PacketSink } from './packets.ts';
import { type PoolInfo, PoolSink } from './pools.ts';
import { type RunFacts, type Summary, summaryJson, totalsOf } from './summary.ts';
import { VmSink } from './vms.ts';

export interface RunReportOptions {
  readonly names: Names;
  readonly expectations?: readonly Expectation[];
  /** The pools of the world, `world.system.pools`. */
  readonly pools?: readonly PoolInfo[];
  /** Reads the world's links, `() => world.links()`; nobody else may, since reading takes the peaks away. */
  readonly links?: () => readonly LinkReading[];
  /** Given: the files of SPEC 6 are written, `timeseries.csv` and `packets.csv` while the run goes on. */
  readonly open?: OpenFile;
  /** Also `packets.csv`; needs `open`. */
  readonly packets?: boolean;
  /** False: commands are forgotten at once; whoever wants them attaches a sink. Default: true. */
  readonly keepCommands?: boolean;
  /** Told and finished with everything else. */
  readonly artefacts?: readonly Artefact[];
}

export class RunReport implements TraceSink {
  readonly #expectations: readonly Expectation[];
  readonly #open: OpenFile | undefined;
  readonly #digest = new Digest();
  readonly #flows: FlowSink;
  readonly #vms: VmSink;
  readonly #pools: PoolSink | undefined;
  readonly #links: LinkSink;
  readonly #packets: PacketSink | undefined;
  readonly #commands: CommandRecord[] = [];
  readonly #keepsCommands: boolean;
  readonly #artefacts: readonly Artefact[];

  constructor({
    names,
    expectations = [],
    pools = [],
    links = () => [],
    open,
    packets = false,
    keepCommands = true,
    artefacts = [],
  }: RunReportOptions) {
    this.#expectations = expectations;
    this.#open = open;
    this.#keepsCommands = keepCommands;
    this.#artefacts = artefacts;
    this.#flows = new FlowSink(names, windowsOf(expectations));
    this.#vms = new VmSink(names, open);
    this.#pools = pools.length > 0 ? new PoolSink(names, pools) : undefined;
    this.#links = new LinkSink(links);
    this.#packets = packets && open !== undefined ? new PacketSink(names, open) : undefined;
  }

  ended(chunk: EndedPackets): void {
    this.#digest.ended(chunk);
    this.#flows.ended(chunk);
    this.#vms.ended(chunk);
    this.#pools?.ended(chunk);
    this.#packets?.ended(chunk);
    for (const artefact of this.#artefacts) artefact.ended?.(chunk);
  }

  sample(kind: Sample, flow: number, at: Nanos, value: number): void {
    this.#flows.sample(kind, flow, at, value);
    for (const artefact of this.#artefacts) artefact.sample?.(kind, flow, at, value);
  }

  command(record: CommandRecord): void {
    if (this.#keepsCommands) this.#commands.push(record);
    for (const artefact of this.#artefacts) artefact.command?.(record);
  }

  interval(start: Nanos, end: Nanos, probe: Probe): void {
    this.#vms.interval(start, end, probe);
    this.#links.interval();
    for (const artefact of this.#artefacts) artefact.interval?.(start, end, probe);
  }

  /** The commands so far, in order. */
  get commands(): readonly CommandRecord[] {
    return this.#commands;
  }

  /** What the digest would be if the run ended now. `preview` tells a sink about the packets that are still on their way. */
  digestNow(preview: (sink: TraceSink) => void): string {
    const digest = this.#digest.copy();
    preview(digest);
    return digest.hex();
  }

  /** Once, when every fact has been told: judges, writes what files there are, and says everything. */
  finish(facts: RunFacts): Summary {
    const flows = this.#flows.reports();
    const vms = this.#vms.figures(facts.duration);
    const total = this.#flows.total;
    const totals = totalsOf(total, this.#vms);
    const pools = this.#pools?.figures(facts.duration) ?? [];
    const links = this.#links.figures(facts.duration);
    const { queues = [], personalities = [], drawn = true, ...rest } = facts;
    const during = (index: number) => this.#flows.during(index);
    const ranked = this.#flows.ranked.bind(this.#flows);
    const summary: Summary = {
      ...rest,
      digest: this.#digest.hex(),
      totals,
      conservation: {
        ...total,
        closes: total.createdTotal === facts.born && total.endedTotal === facts.born,
      },
      flows,
      vms,
      links,
      pools,
      queues,
      personalities,
      expectations: judge(this.#expectations, {
        flows,
        during,
        vms,
        links,
        pools,
        totals,
        ranked,
        drawn,
      }),
    };
    this.#vms.close();
    this.#packets?.close();
    this.#write('flows.csv', flowsCsv(flows));
    this.#write('commands.csv', commandsCsv(this.#commands));
    for (const artefact of this.#artefacts) artefact.finish(summary, this.#commands);
    // Last: who finds it finds everything.
    this.#write('summary.json', summaryJson(summary));
    return summary;
  }

  /** The run failed: lets go of the files without finishing them. */
  abandon(): void {
    this.#vms.close();
    this.#packets?.close();
    for (const artefact of this.#artefacts) artefact.abandon();
  }

  #write(file: string, text: string): void {
    const writer = this.#open?.(file);
    writer?.write(new TextEncoder().encode(text));
    writer?.close();
  }
}
