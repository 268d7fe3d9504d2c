/** A run that says what a test has it say. */
import type { CommandEntry, Figures, RunEvent } from '../../../app/operation/run.ts';
import { ScriptedRun } from './scripted-run.ts';

export class TalkingRun extends ScriptedRun {
  readonly log: CommandEntry[] = [];
  readonly listeners = new Set<(event: RunEvent) => void>();
  look: Figures = figuresOf(1);
  /** How often the log was asked. */
  asked = 0;
  /** Instead of the log's answer. */
  failure: Error | undefined = undefined;

  /** Takes effect, and is told. Numbered from 1. */
  command(effect = 'none -> wan'): void {
    const sequence = (this.log.at(-1)?.sequence ?? 0) + 1;
    const entry = {
      sequence,
      posted: true,
      at: sequence * 1000,
      command: 'assign',
      subject: 'server',
      effect,
    };
    this.log.push(entry);
    this.tell({ type: 'command', entry });
  }

  figuresTaken(figures: Figures): void {
    this.look = figures;
    this.tell({ type: 'figures', figures });
  }

  tell(event: RunEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  override async figures(): Promise<Figures> {
    return this.look;
  }

  override async commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    this.asked++;
    // As from another thread: never within the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== undefined) throw this.failure;
    const start = after - (this.log[0]?.sequence ?? 1) + 1;
    return this.log.slice(Math.max(0, start), Math.max(0, start) + limit);
  }

  override subscribe(listener?: (event: RunEvent) => void): () => void {
    if (listener === undefined) return () => {};
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** With so many VMs, of which the first has got `packets` of 100 bytes. */
export function figuresOf(sequence: number, vms = 2, packets = 0): Figures {
  const totals = { sentPackets: packets, deliveredPackets: packets, deliveredBytes: 100 * packets };
  return {
    sequence,
    start: (sequence - 1) * 250e6,
    end: sequence * 250e6,
    vms: Array.from({ length: vms }, (_, vm) => ({
      id: `vm${vm}`,
      deliveredPackets: vm === 0 ? packets : 0,
      deliveredBytes: vm === 0 ? 100 * packets : 0,
      sentPackets: vm === 1 ? packets : 0,
      throughputBps: 0,
      delay: null,
      backlogBytes: 0,
      dropped: {},
    })),
    flows: [],
    links: [],
    totals: { ...totals, inFlight: 0, events: 7, dropped: {} },
  };
}
