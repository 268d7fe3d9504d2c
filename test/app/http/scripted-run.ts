/** A run that answers what a test tells it to, and remembers what it was asked. */
import type {
  Blueprint,
  Clock,
  CommandEntry,
  ControlState,
  Figures,
  Order,
  Run,
  SessionFile,
  Steering,
  Verdict,
} from '../../../app/operation/run.ts';

const CHANGES = { reset: false, personalities: [], assignments: [] };

export const done = (at: number, more: Partial<Extract<Verdict, { ok: true }>> = {}): Verdict => ({
  ok: true,
  at,
  sequence: 1,
  changes: CHANGES,
  ...more,
});

export const refused = (
  why: Extract<Verdict, { ok: false }>['why'],
  problems: Extract<Verdict, { ok: false }>['problems'] = [],
): Verdict => ({ ok: false, why, problems });

export class ScriptedRun implements Run {
  readonly orders: Order[] = [];
  readonly steerings: Steering[] = [];
  /** Answers to orders, in turn; then all is well at 0 ns. */
  verdicts: (Verdict | Error)[] = [];
  time: Clock = { now: 7, state: 'running', speed: 1, lag: 0 };
  state: ControlState = {
    at: 7,
    revision: 0,
    personalities: [{ id: 'wan', profile: { latencyMs: 40, 'jitter.correlation': 0.5 } }],
    assignments: [
      { vm: 'server', personality: 'wan', from: { vm: 'client' }, expires: 9_000_000_000 },
      { vm: 'server', personality: 'wan', expires: null },
    ],
    vms: [
      { id: 'client', host: 'eu', up: true },
      { id: 'server', host: 'eu', up: false },
    ],
    linksDown: [],
    partitions: [],
  };
  readonly blueprint: Blueprint = {
    name: 'two: a "test"',
    seed: '1',
    version: '0.0.0',
    duration: null,
    networks: [{ id: 'prod', subnet: '10.0.0.0/24' }],
    hosts: ['eu', 'us', 'both'],
    mesh: true,
    links: [{ between: ['eu', 'us'], latencyNs: 5, bandwidthBps: null, queuePackets: null }],
    vms: [
      {
        id: 'client',
        host: 'eu',
        interfaces: [{ network: 'prod', ip: '10.0.0.1' }],
        forwards: false,
      },
      {
        id: 'server',
        host: 'us',
        interfaces: [{ network: 'prod', ip: '10.0.0.2' }],
        forwards: true,
      },
      { id: 'both', host: 'us', interfaces: [], forwards: false },
    ],
    pools: [],
    flows: [{ id: 'pings', kind: 'ping', from: 'client', to: 'server', single: true, transactional: true }],
  };
  file: SessionFile = { at: 7, digest: '0'.repeat(64), text: 'seed: 1\n' };

  async submit(order: Order): Promise<Verdict> {
    this.orders.push(order);
    const verdict = this.verdicts.shift() ?? done(0);
    if (verdict instanceof Error) throw verdict;
    return verdict;
  }

  async clock(): Promise<Clock> {
    return this.time;
  }

  async control(): Promise<ControlState> {
    return this.state;
  }

  async figures(): Promise<Figures> {
    const totals = {
      sentPackets: 0,
      deliveredPackets: 0,
      deliveredBytes: 0,
      inFlight: 0,
      events: 0,
      dropped: { loss: 1 },
    };
    return { sequence: 1, start: 0, end: 7, vms: [], flows: [], links: [], totals };
  }

  async commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    const all = [1, 2, 3].map((sequence) => ({
      sequence,
      posted: true,
      at: sequence,
      command: 'assign',
      subject: 'server',
      effect: 'none -> wan',
    }));
    return all.slice(after, after + limit);
  }

  async steer(steering: Steering): Promise<Clock> {
    this.steerings.push(steering);
    return this.time;
  }

  async session(): Promise<SessionFile> {
    return this.file;
  }

  subscribe(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}
