/** The live table of a served run: asks it again and again, and survives its silence. */

import { formatCount } from '../../reports/index.ts';
import { ApiError, type Client, type Clock, type Figures } from '../client/index.ts';
import type { Board, BoardCommand, BoardRow } from './board.ts';

type Counts = Figures['totals']['dropped'];

const LIVE_DELAYS = ['p50', 'p95', 'p99', 'max'] as const;

export class LiveSource {
  readonly #client: Client;
  readonly #name: string;
  readonly #duration: number | null;
  readonly #transactional: ReadonlySet<string>;
  #commands: readonly BoardCommand[] = [];
  #last = 0;

  private constructor(client: Client, run: Awaited<ReturnType<Client['blueprint']>>) {
    this.#client = client;
    this.#name = run.name;
    this.#duration = run.duration;
    this.#transactional = new Set(run.flows.filter(({ transactional }) => transactional).map(({ id }) => id));
  }

  /** @throws {ApiError} when nobody answers there, or not to us. */
  static async open(client: Client): Promise<LiveSource> {
    return new LiveSource(client, await client.blueprint());
  }

  /** As it is now. @throws {ApiError} */
  async look(): Promise<Board> {
    const client = this.#client;
    const [clock, figures] = await Promise.all([client.clock(), client.stats(), this.#hear()]);
    return {
      name: this.#name,
      state: stateText(clock),
      at: clock.now,
      duration: this.#duration,
      totals: totalsText(figures.totals),
      sections: [
        { name: 'VM', delayHeads: LIVE_DELAYS, rows: figures.vms.map((vm) => row(vm, vm.delay)) },
        {
          name: 'flow',
          delayHeads: LIVE_DELAYS,
          rows: figures.flows.map((flow) =>
            row(flow, this.#transactional.has(flow.id) ? flow.rtt : flow.delay),
          ),
        },
      ],
      commands: this.#commands,
    };
  }

  async toggle(): Promise<void> {
    const { state } = await this.#client.clock();
    if (state === 'running') await this.#client.pause();
    else if (state === 'paused') await this.#client.resume();
  }

  async step(by: string): Promise<void> {
    const { state } = await this.#client.clock();
    if (state === 'paused') await this.#client.step(by);
  }

  /** Whatever was commanded since the last look; of much, only the end. */
  async #hear(): Promise<void> {
    for (;;) {
      const entries = await this.#client.commands(this.#last, PAGE);
      this.#last = entries.at(-1)?.sequence ?? this.#last;
      this.#commands = [...this.#commands, ...entries].slice(-KEPT);
      if (entries.length < PAGE) return;
    }
  }
}

const PAGE = 1000;
const KEPT = 20;

const row = (
  {
    id,
    throughputBps,
    deliveredPackets,
    dropped,
    ...rest
  }: Figures['vms'][number] | Figures['flows'][number],
  delay: Figures['vms'][number]['delay'],
): BoardRow => ({
  id,
  throughputBps,
  deliveredPackets,
  droppedPackets: sumOf(dropped),
  backlogBytes: 'backlogBytes' in rest ? rest.backlogBytes : null,
  delays: LIVE_DELAYS.map((quantile) => delay?.[quantile] ?? null),
});

function stateText({ state, speed, lag, failure }: Clock): string {
  if (state === 'failed') return `failed: ${failure ?? 'nobody knows why'}`;
  if (state !== 'running') return state;
  const behind = lag > 100_000_000 ? `, ${(lag / 1e9).toFixed(1)}s behind` : '';
  return speed === 'max' ? 'running at full speed' : `running at ${speed}x${behind}`;
}

function totalsText({ sentPackets, deliveredPackets, inFlight, dropped }: Figures['totals']): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${reason} ${formatCount(count)}`);
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return `${formatCount(sentPackets)} sent, ${formatCount(deliveredPackets)} delivered, ${formatCount(sumOf(dropped))} dropped${why}, ${formatCount(inFlight)} in flight`;
}

const sumOf = (counts: Counts): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** Somebody is there, but does not answer: it may come back. */
export const isSilence = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
