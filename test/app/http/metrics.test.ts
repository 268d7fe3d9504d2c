import { fastify } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { registerMetrics } from '../../../app/http/metrics.ts';
import type { Figures } from '../../../app/operation/run.ts';
import { ScriptedRun } from './scripted-run.ts';

const delay = { p50: 1_500_000, p95: 2e6, p99: 3e6, max: 40e6 };

const FIGURES: Figures = {
  sequence: 9,
  start: 1e9,
  end: 1.25e9,
  vms: [
    {
      id: 'client',
      deliveredPackets: 10,
      deliveredBytes: 1000,
      sentPackets: 20,
      throughputBps: 800,
      delay,
      backlogBytes: 1500,
      dropped: { loss: 2, queue: 1 },
    },
    {
      id: 'server',
      deliveredPackets: 3,
      deliveredBytes: 300,
      sentPackets: 4,
      throughputBps: 0,
      delay: { p50: 5e6, p95: 5e6, p99: 5e6, max: 5e6 },
      backlogBytes: 500,
      dropped: { loss: 5 },
    },
    {
      id: 'both',
      deliveredPackets: 0,
      deliveredBytes: 0,
      sentPackets: 0,
      throughputBps: 0,
      delay: null,
      backlogBytes: 0,
      dropped: {},
    },
  ],
  flows: [
    {
      id: 'pings',
      sentPackets: 24,
      deliveredPackets: 13,
      deliveredBytes: 1300,
      throughputBps: 800,
      delay: null,
      rtt: delay,
      dropped: { unassigned: 3 },
    },
  ],
  links: [
    {
      from: 'eu',
      to: 'us',
      packets: 6,
      bytes: 600,
      dropped: 1,
      loadBps: 8000,
      utilization: 0.25,
      up: true,
    },
    {
      from: 'us',
      to: 'eu',
      packets: 7,
      bytes: 700,
      dropped: 0,
      loadBps: 0,
      utilization: null,
      up: false,
    },
  ],
  totals: {
    sentPackets: 24,
    deliveredPackets: 13,
    deliveredBytes: 1300,
    inFlight: 2,
    events: 12_345_678_901,
    dropped: { loss: 7, queue: 1, unassigned: 3 },
  },
};

class MeasuredRun extends ScriptedRun {
  look = FIGURES;

  constructor() {
    super();
    this.state = { ...this.state, revision: 17 };
  }

  override async figures(): Promise<Figures> {
    return this.look;
  }
}

interface Scraped {
  readonly type: string | undefined;
  readonly text: string;
  /** By name and labels as they are written. */
  readonly samples: ReadonlyMap<string, string>;
}

/** What several scrapes of one server say. */
async function scrape(
  run: MeasuredRun,
  options: { maxSeries?: number; between?: (() => void)[] } = {},
): Promise<Scraped> {
  const { between = [], ...rest } = options;
  const app = fastify();
  registerMetrics(app, run, { version: '1.2.3', ...rest });
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/metrics`;
  try {
    for (const change of between) {
      await (await fetch(url)).text();
      change();
    }
    const answer = await fetch(url);
    assert.is(answer.status, 200);
    const text = await answer.text();
    return { type: answer.headers.get('content-type') ?? undefined, text, samples: samplesOf(text) };
  } finally {
    await app.close();
  }
}

// The exposition format, 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME}(?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\S+)$`);
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf)$/;

function samplesOf(text: string): Map<string, string> {
  const samples = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, series, value] = SAMPLE.exec(line) ?? [];
    if (series !== undefined && value !== undefined) samples.set(series, value);
  }
  return samples;
}

test('every line is one of the exposition format, and what belongs together stands together', async () => {
  const { type, text } = await scrape(new MeasuredRun());
  assert.match(type ?? '', /^text\/plain; version=0\.0\.4; charset=utf-8$/);
  assert.ok(text.endsWith('\n'));
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let [help, current] = ['', ''];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, helped] = new RegExp(`^# HELP (${NAME}) \\S.*$`).exec(line) ?? [];
    const [, typed, kind] = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`).exec(line) ?? [];
    if (helped !== undefined) help = helped;
    else if (typed !== undefined) {
      assert.is(typed, help, 'a type comes after its help');
      assert.not(types.has(typed), `${typed} is declared twice`);
      types.set(typed, kind ?? '');
      current = typed;
    } else {
      const [, series = '', value = ''] = SAMPLE.exec(line) ?? [];
      assert.ok(series, line);
      assert.is(series.replace(/\{.*/, ''), current, line);
      assert.match(value, NUMBER, line);
      assert.not(seen.has(series), `${series} is there twice`);
      seen.add(series);
    }
  }
  assert.ok(types.size > 20);
});

// As `promtool check metrics` has it, and https://prometheus.io/docs/practices/naming/.
test('names are as Prometheus’ conventions want them', async () => {
  const { text } = await scrape(new MeasuredRun());
  for (const [, name = '', kind] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    assert.is(name.endsWith('_total'), kind === 'counter', name);
    assert.match(name, /^(netpersona|process)_[a-z_]+$/);
    assert.not.match(name, /(milli|micro|nano|kilo|bits|bps|minutes|hours|percent|_ms|_ns|counter|gauge)/);
  }
  assert.not.match(text, /nan/i);
  assert.not.match(text, /[{,](quantile|le|job|instance)="/);
});

test('values are those of the run, in base units', async () => {
  const run = new MeasuredRun();
  run.time = { now: 1_250_000_000, state: 'paused', speed: 10, lag: 2_000_000 };
  const { samples } = await scrape(run);
  const expected: Readonly<Record<string, string>> = {
    'netpersona_build_info{version="1.2.3"}': '1',
    // A quote within a label.
    'netpersona_run_info{scenario="two: a \\"test\\"",seed="1"}': '1',
    'netpersona_run_state{state="running"}': '0',
    'netpersona_run_state{state="paused"}': '1',
    'netpersona_run_state{state="ended"}': '0',
    'netpersona_run_state{state="failed"}': '0',
    netpersona_virtual_time_seconds: '1.25',
    netpersona_lag_seconds: '0.002',
    netpersona_speed_ratio: '10',
    netpersona_window_seconds: '0.25',
    netpersona_simulation_events_total: '12345678901',
    netpersona_commands_total: '17',
    netpersona_in_flight_packets: '2',
    netpersona_personalities: '1',
    netpersona_assignments: '2',
    'netpersona_vm_up{vm="client"}': '1',
    'netpersona_vm_up{vm="server"}': '0',
    'netpersona_sent_packets_total{vm="client"}': '20',
    'netpersona_delivered_packets_total{vm="client"}': '10',
    'netpersona_delivered_bytes_total{vm="client"}': '1000',
    'netpersona_delivered_bytes_total{vm="both"}': '0',
    'netpersona_dropped_packets_total{vm="client",reason="loss"}': '2',
    'netpersona_dropped_packets_total{vm="client",reason="queue"}': '1',
    'netpersona_dropped_packets_total{vm="server",reason="loss"}': '5',
    'netpersona_dropped_packets_total{vm="",reason="unassigned"}': '3',
    'netpersona_backlog_bytes{vm="client"}': '1500',
    'netpersona_delay_seconds{vm="client",stat="p50"}': '0.0015',
    'netpersona_delay_seconds{vm="client",stat="max"}': '0.04',
    'netpersona_flow_sent_packets_total{flow="pings"}': '24',
    'netpersona_flow_delivered_packets_total{flow="pings"}': '13',
    'netpersona_flow_delivered_bytes_total{flow="pings"}': '1300',
    'netpersona_flow_dropped_packets_total{flow="pings",reason="unassigned"}': '3',
    'netpersona_flow_rtt_seconds{flow="pings",stat="p95"}': '0.002',
    'netpersona_link_up{from="eu",to="us"}': '1',
    'netpersona_link_up{from="us",to="eu"}': '0',
    'netpersona_link_transmitted_packets_total{from="us",to="eu"}': '7',
    'netpersona_link_transmitted_bytes_total{from="eu",to="us"}': '600',
    'netpersona_link_dropped_packets_total{from="eu",to="us"}': '1',
    'netpersona_link_utilization_ratio{from="eu",to="us"}': '0.25',
    'netpersona_series_merged{of="vms"}': '0',
  };
  for (const [series, value] of Object.entries(expected)) assert.is(samples.get(series), value, series);
  const absent = [
    'netpersona_delay_seconds{vm="both",stat="p50"}',
    'netpersona_flow_delay_seconds{flow="pings",stat="p50"}',
    'netpersona_link_utilization_ratio{from="us",to="eu"}',
    'netpersona_dropped_packets_total{vm="",reason="loss"}',
  ];
  for (const series of absent) assert.not(samples.has(series), series);
  assert.ok(Number(samples.get('process_cpu_seconds_total')) > 0);
  assert.ok(Number(samples.get('process_resident_memory_bytes')) > 1e6);
  const began = Number(samples.get('process_start_time_seconds'));
  assert.ok(began > 1.6e9 && began <= Date.now() / 1000);
});

test('a run without pace has an infinite one', async () => {
  const run = new MeasuredRun();
  run.time = { ...run.time, speed: 'max' };
  assert.is((await scrape(run)).samples.get('netpersona_speed_ratio'), '+Inf');
});

test('the next answer tells the next values, and nothing of what is no more', async () => {
  const run = new MeasuredRun();
  const [client, ...others] = FIGURES.vms;
  const { samples } = await scrape(run, {
    between: [
      () => {
        run.look = { ...FIGURES, vms: [{ ...client!, deliveredPackets: 12, delay: null }, ...others] };
        run.time = { ...run.time, state: 'ended' };
      },
    ],
  });
  assert.is(samples.get('netpersona_delivered_packets_total{vm="client"}'), '12');
  assert.not(samples.has('netpersona_delay_seconds{vm="client",stat="p50"}'));
  assert.is(samples.get('netpersona_run_state{state="running"}'), '0');
  assert.is(samples.get('netpersona_run_state{state="ended"}'), '1');
});

test('too many series are told as one, those of the largest kind first', async () => {
  // Of VMs 27, of the flow 8, of links 9.
  const { samples } = await scrape(new MeasuredRun(), { maxSeries: 17 });
  const expected: Readonly<Record<string, string>> = {
    'netpersona_series_merged{of="vms"}': '1',
    'netpersona_series_merged{of="flows"}': '0',
    'netpersona_series_merged{of="links"}': '0',
    'netpersona_vm_up{vm="*"}': '0',
    'netpersona_sent_packets_total{vm="*"}': '24',
    'netpersona_delivered_bytes_total{vm="*"}': '1300',
    'netpersona_dropped_packets_total{vm="*",reason="loss"}': '7',
    'netpersona_dropped_packets_total{vm="*",reason="queue"}': '1',
    'netpersona_dropped_packets_total{vm="",reason="unassigned"}': '3',
    'netpersona_backlog_bytes{vm="*"}': '2000',
    'netpersona_delay_seconds{vm="*",stat="max"}': '0.04',
    'netpersona_link_up{from="eu",to="us"}': '1',
  };
  for (const [series, value] of Object.entries(expected)) assert.is(samples.get(series), value, series);
  assert.not(samples.has('netpersona_delay_seconds{vm="*",stat="p50"}'));
  assert.not([...samples.keys()].some((series) => series.includes('client')));
});

test('links told as one are up when all are, and as busy as the busiest', async () => {
  const { samples } = await scrape(new MeasuredRun(), { maxSeries: 0 });
  assert.is(samples.get('netpersona_link_up{from="*",to="*"}'), '0');
  assert.is(samples.get('netpersona_link_transmitted_bytes_total{from="*",to="*"}'), '1300');
  assert.is(samples.get('netpersona_link_utilization_ratio{from="*",to="*"}'), '0.25');
  assert.is(samples.get('netpersona_flow_sent_packets_total{flow="*"}'), '24');
});

test('what was told as one stays one', async () => {
  const run = new MeasuredRun();
  const { samples } = await scrape(run, {
    maxSeries: 40,
    between: [
      () => {
        run.look = { ...FIGURES, vms: FIGURES.vms.slice(0, 1) };
      },
    ],
  });
  assert.is(samples.get('netpersona_series_merged{of="vms"}'), '1');
  assert.is(samples.get('netpersona_delivered_packets_total{vm="*"}'), '10');
});

test.run();
