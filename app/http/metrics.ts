/**
 * `GET /metrics`: the run for Prometheus, in its text format and with its names: base units, counters that end in `_total`. Worked out
 * when it is asked for, from the last look at the run.
 */
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Clock, ControlState, Figures, Run } from '../operation/run.ts';
import { flowSamples, linkSamples, merged, type Samples, vmSamples } from './metrics-samples.ts';
import { METRICS, type MetricName } from './metrics-table.ts';

export interface MetricsOptions {
  /** Of netpersona. */
  readonly version: string;
  /** Of VMs, flows and links together. Beyond it, those with the most are told as one, for good: a series that has stopped stays so. */
  readonly maxSeries?: number;
}

const MOST_SERIES = 10_000;

/** Adds the call. */
export function registerMetrics(app: FastifyInstance, run: Run, options: MetricsOptions): void {
  const metrics = new RunMetrics(run, options);
  app.get('/metrics', async (_request, reply) => {
    const [figures, clock, control] = await Promise.all([run.figures(), run.clock(), run.control()]);
    const text = await metrics.text(figures, clock, control);
    return reply.header('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  });
}

const STATES: readonly Clock['state'][] = ['running', 'paused', 'ended', 'failed'];

const KINDS = ['vms', 'flows', 'links'] as const;
type Kind = (typeof KINDS)[number];

class RunMetrics {
  readonly #run: Run;
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #metrics: ReadonlyMap<MetricName, Counter | Gauge>;
  readonly #merged = new Set<Kind>();

  constructor(run: Run, options: MetricsOptions) {
    this.#run = run;
    this.#options = options;
    const registers = [this.#registry];
    this.#metrics = new Map(
      (Object.keys(METRICS) as MetricName[]).map((name) => {
        const [type, help, labelNames] = METRICS[name];
        const words = { name, help, labelNames: [...labelNames], registers };
        return [name, type === 'counter' ? new Counter(words) : new Gauge(words)];
      }),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(figures: Figures, clock: Clock, control: ControlState): Promise<string> {
    for (const metric of this.#metrics.values()) metric.reset();
    for (const samples of [
      this.#ofRun(figures, clock, control),
      ...this.#ofParts(figures, control),
      this.#ofMerged(),
      ofProcess(),
    ]) {
      // A counter is set by what it goes up by from 0.
      for (const [name, labels, value] of samples) this.#metrics.get(name)!.inc(labels, value);
    }
    return this.#registry.metrics();
  }

  #ofRun({ start, end, totals }: Figures, clock: Clock, control: ControlState): Samples {
    const { name, seed } = this.#run.blueprint;
    return [
      ['netpersona_build_info', { version: this.#options.version }, 1],
      ['netpersona_run_info', { scenario: name, seed }, 1],
      ...STATES.map((state) => ['netpersona_run_state', { state }, state === clock.state ? 1 : 0] as const),
      ['netpersona_virtual_time_seconds', {}, clock.now / 1e9],
      ['netpersona_lag_seconds', {}, clock.lag / 1e9],
      ['netpersona_speed_ratio', {}, clock.speed === 'max' ? Infinity : clock.speed],
      ['netpersona_window_seconds', {}, (end - start) / 1e9],
      ['netpersona_simulation_events_total', {}, totals.events],
      ['netpersona_commands_total', {}, control.revision],
      ['netpersona_in_flight_packets', {}, totals.inFlight],
      ['netpersona_personalities', {}, control.personalities.length],
      ['netpersona_assignments', {}, control.assignments.length],
    ];
  }

  /** Of VMs, flows and links: each, or as one. */
  #ofParts(figures: Figures, control: ControlState): readonly Samples[] {
    const each: Record<Kind, Samples> = {
      vms: vmSamples(figures, control),
      flows: flowSamples(figures),
      links: linkSamples(figures),
    };
    const { maxSeries = MOST_SERIES } = this.#options;
    const open = (): Kind[] => KINDS.filter((kind) => !this.#merged.has(kind));
    const count = (): number => open().reduce((sum, kind) => sum + each[kind].length, 0);
    while (count() > maxSeries)
      this.#merged.add(open().reduce((a, b) => (each[b].length > each[a].length ? b : a)));
    return KINDS.map((kind) => (this.#merged.has(kind) ? merged(each[kind]) : each[kind]));
  }

  #ofMerged(): Samples {
    return KINDS.map(
      (kind) => ['netpersona_series_merged', { of: kind }, this.#merged.has(kind) ? 1 : 0] as const,
    );
  }
}

function ofProcess(): Samples {
  const { user, system } = process.cpuUsage();
  return [
    ['process_cpu_seconds_total', {}, (user + system) / 1e6],
    ['process_resident_memory_bytes', {}, process.memoryUsage.rss()],
    ['process_start_time_seconds', {}, performance.timeOrigin / 1e3],
  ];
}
