/** What the bandwidth fields of a personality mean to the queue gate: all defaults resolved, in bytes, ns and bit/s. */
import { ms } from '../../../engine/index.ts';
import { type DisciplineSettings, STANDARD } from '../disciplines/discipline.ts';
import { disciplines } from '../disciplines/index.ts';
import type { QueueLimits } from '../stage.ts';
import { type BandwidthValues, bitsPerSecond, queueLimits } from '../stages/bandwidth.ts';
import { averageRate } from './delivery-trace.ts';
import { type Framing, framedBytes } from './framing.ts';
import { NO_SLOTS, type SlotSettings } from './slots.ts';

/** What lets packets leave: a token bucket (or nothing, without a rate), a wire, a trace. */
export type ServiceKind = 'shaper' | 'wire' | 'trace';

export interface QueueSettings {
  readonly service: ServiceKind;
  /** Bit/s; 0 for none. */
  readonly rate: number;
  readonly burstBytes: number;
  readonly peakRate: number;
  readonly peakBurstBytes: number;
  readonly trace: readonly number[] | null;
  readonly framing: Framing;
  readonly slots: SlotSettings;
  readonly limits: QueueLimits;
  readonly disciplineName: string;
  readonly discipline: DisciplineSettings;
}

export function settingsOf(values: BandwidthValues): QueueSettings {
  const trace = values['bandwidth.trace'] ?? null;
  const rate = trace === null ? bitsPerSecond(values.bandwidthKbps) : 0;
  const peakRate = rate === 0 ? 0 : bitsPerSecond(values['bandwidth.peakKbps']);
  const framing: Framing = {
    overheadBytes: values['bandwidth.overheadBytes'],
    cellBytes: values['bandwidth.cellBytes'],
    cellOverheadBytes: values['bandwidth.cellOverheadBytes'],
  };
  const slots = trace === null ? slotsOf(values) : NO_SLOTS;
  const mtuBytes = framedBytes(values.mtu, framing);
  const meanRate = trace === null ? rate || slotRate(slots, mtuBytes) : averageRate(trace);
  const limits = { rate: meanRate, ...queueLimits(values, meanRate) };
  return {
    service: serviceOf(values, trace),
    rate,
    // In a slot as much may leave as the rate allows in the time that it takes to come.
    burstBytes: values['bandwidth.burstBytes'] ?? Math.max(mtuBytes, Math.ceil((rate * slots.max) / 8e9)),
    peakRate,
    peakBurstBytes: mtuBytes,
    trace,
    framing,
    slots,
    limits,
    disciplineName: values['bandwidth.discipline'],
    discipline: disciplineSettings(values, limits),
  };
}

function serviceOf(values: BandwidthValues, trace: readonly number[] | null): ServiceKind {
  if (trace !== null) return 'trace';
  return values.bandwidthKbps !== undefined && values['bandwidth.model'] === 'serialize' ? 'wire' : 'shaper';
}

function slotsOf(values: BandwidthValues): SlotSettings {
  const min = ms(values['bandwidth.slotMinMs']);
  const max = Math.max(min, ms(values['bandwidth.slotMaxMs']));
  if (max === 0) return NO_SLOTS;
  return {
    min,
    max,
    packets: values['bandwidth.slotPackets'] || Infinity,
    bytes: values['bandwidth.slotBytes'] || Infinity,
  };
}

/** Bit/s that slots carry on average where they are full; 0 where that is without limit. */
function slotRate({ min, max, packets, bytes }: SlotSettings, mtuBytes: number): number {
  const bytesPerSlot = Math.min(packets * mtuBytes, bytes);
  return max === 0 || bytesPerSlot === Infinity ? 0 : Math.floor((bytesPerSlot * 16e9) / (min + max));
}

function disciplineSettings(values: BandwidthValues, limits: QueueLimits): DisciplineSettings {
  const definition = disciplines.find(({ name }) => name === values['bandwidth.discipline']);
  const standard = { ...STANDARD, ...definition?.defaults };
  const nanos = (given: number | undefined, otherwise: number): number =>
    given === undefined ? otherwise : Math.max(1, ms(given));
  const burstAllowanceMs = values['bandwidth.burstAllowanceMs'];
  return {
    rate: limits.rate,
    limitBytes: limits.queueBytes,
    limitPackets: limits.queuePackets,
    mtu: values.mtu,
    ecn: values['bandwidth.ecn'] ?? standard.ecn,
    target: nanos(values['bandwidth.targetMs'], standard.target),
    interval: nanos(values['bandwidth.intervalMs'], standard.interval),
    flows: values['bandwidth.flows'] ?? standard.flows,
    quantumBytes: values['bandwidth.quantumBytes'] ?? standard.quantumBytes,
    redMin: values['bandwidth.redMin'] ?? standard.redMin,
    redMax: values['bandwidth.redMax'] ?? standard.redMax,
    redWeight: values['bandwidth.redWeight'] ?? standard.redWeight,
    redMaxProbability: values['bandwidth.redMaxProbability'] ?? standard.redMaxProbability,
    redGentle: values['bandwidth.redGentle'] ?? standard.redGentle,
    update: nanos(values['bandwidth.updateMs'], standard.update),
    burstAllowance: burstAllowanceMs === undefined ? standard.burstAllowance : ms(burstAllowanceMs),
    bands: values['bandwidth.bands'] ?? standard.bands,
  };
}

/** Whether anything is asked for that the line cannot do. */
export function needsQueueGate(values: BandwidthValues): boolean {
  if (values['bandwidth.trace'] !== undefined) return true;
  if (values['bandwidth.slotMinMs'] > 0 || values['bandwidth.slotMaxMs'] > 0) return true;
  if (values.bandwidthKbps === undefined) return false;
  return (
    values['bandwidth.discipline'] !== 'droptail' ||
    values['bandwidth.ecn'] === true ||
    values['bandwidth.peakKbps'] !== undefined ||
    values['bandwidth.overheadBytes'] !== 0 ||
    values['bandwidth.cellBytes'] !== 0
  );
}
