/** Loss models asked without a pipeline around them, and what can be counted in their answers. */
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../../engine/index.ts';
import {
  FLAGS,
  FLOW,
  newFlags,
  type PacketId,
  PacketKind,
  PacketPool,
  SIZE,
} from '../../../../sim/packet.ts';
import { lossModels } from '../../../../sim/personality/loss-models/index.ts';
import type { AnyLossModel, LossModel } from '../../../../sim/personality/loss-models/model.ts';
import type { ParamValue } from '../../../../sim/personality/params.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import type { Surroundings } from '../../../../sim/personality/stage.ts';

/** Draws that a test has written down; counts how often one was met. */
export class Script extends RandomStream {
  met = 0;
  readonly #draws: readonly number[];

  constructor(draws: readonly number[]) {
    super('script', 'script');
    this.#draws = draws;
  }

  override uniform(): number {
    const draw = this.#draws[this.met++];
    assert.type(draw, 'number', 'a draw that nobody wrote down');
    return draw!;
  }

  override pass(count = 1): void {
    this.met += count;
  }
}

const SURROUNDINGS: Surroundings = {
  rebalance: () => assert.unreachable(),
  scatter: () => false,
  answerTooBig: () => assert.unreachable(),
  isIpv6: () => false,
  flowId: (packet) => `flow${POOL.flow(packet)}`,
  dscp: () => 0,
};

const POOL = new PacketPool();

export interface Kind {
  readonly flow?: number;
  readonly size?: number;
}

/** A packet with these columns, the same row for all of a kind. */
const rows = new Map<string, PacketId>();
function packetOf({ flow = 0, size = 1000 }: Kind): PacketId {
  const key = `${flow} ${size}`;
  let packet = rows.get(key);
  if (packet === undefined) {
    packet = POOL.take();
    POOL.ints[packet + FLOW] = flow;
    POOL.ints[packet + SIZE] = size;
    POOL.ints[packet + FLAGS] = newFlags(0, PacketKind.datagram, 0);
    rows.set(key, packet);
  }
  return packet;
}

export const modelNamed = (name: ParamValue | undefined): AnyLossModel => {
  const model = lossModels.find((each) => each.name === (name ?? 'random'));
  assert.ok(model, `no loss model ${name}`);
  return model!;
};

/** The model's own values in a profile. */
export const valuesIn = (model: AnyLossModel, profile: Profile): Profile =>
  Object.fromEntries(
    Object.entries(model.params).map(([path, { identity }]) => [path, profile[path] ?? identity]),
  ) as Profile;

/** The model that a profile asks for, in front of nobody. */
export class Bench {
  readonly stream: RandomStream;
  readonly #definition: AnyLossModel;
  readonly #model: LossModel<Profile>;

  /** `draws`: written down, or the seed of a stream. */
  constructor(profile: Profile, draws: readonly number[] | string) {
    this.stream = typeof draws === 'string' ? new RandomStream(draws, 'vm/loss') : new Script(draws);
    this.#definition = modelNamed(profile['loss.model']);
    this.#model = this.#definition.create({
      random: this.stream,
      packets: POOL,
      surroundings: SURROUNDINGS,
    });
    this.set(profile);
  }

  set(profile: Profile): this {
    this.#model.configure(valuesIn(this.#definition, profile));
    return this;
  }

  isLost(kind: Kind = {}): boolean {
    return this.#model.isLost(packetOf(kind));
  }

  /** Whether each of the next packets is lost: 1 or 0. */
  next(count: number): Uint8Array {
    const packet = packetOf({});
    const lost = new Uint8Array(count);
    for (let n = 0; n < count; n++) lost[n] = this.#model.isLost(packet) ? 1 : 0;
    return lost;
  }
}

/** A packet for each draw: `x` is lost, `.` gets through. */
export const picture = (profile: Profile, draws: readonly number[]): string =>
  pictured(new Bench(profile, draws).next(draws.length));

export const pictured = (lost: Uint8Array): string => Array.from(lost, (one) => (one ? 'x' : '.')).join('');

/** Whether each of so many packets is lost. */
export const lossesOf = (profile: Profile, count: number, seed = 'seed'): Uint8Array =>
  new Bench(profile, seed).next(count);

export const sum = (numbers: ArrayLike<number>, from = 0, to = numbers.length): number => {
  let total = 0;
  for (let i = from; i < to; i++) total += numbers[i]!;
  return total;
};

/** Lengths of the runs of lost packets that ended. */
export function burstsOf(lost: Uint8Array): number[] {
  const lengths: number[] = [];
  let run = 0;
  for (const one of lost) {
    if (one) run++;
    else if (run > 0) {
      lengths.push(run);
      run = 0;
    }
  }
  return lengths;
}

/** Standard deviations that a right program leaves once in a million runs. */
const SIGMAS = 5;

/** A sum of `count` dependent terms is near its mean, given its asymptotic variance per term. */
export function assertNear(total: number, count: number, mean: number, variance: number): void {
  const deviation = (total - count * mean) / Math.sqrt(count * variance);
  assert.ok(Math.abs(deviation) < SIGMAS, `${total / count} for ${mean}: ${deviation} standard deviations`);
}

/**
 * The sum of one series over the sum of another is near a ratio: the delta method, with the variance taken from 250 batches that are
 * long beside whatever the packets remember. `within`: the interval must be no wider than that share of the ratio.
 */
export function assertRatio(
  above: ArrayLike<number>,
  below: ArrayLike<number>,
  ratio: number,
  within = 0.05,
): void {
  const BATCHES = 250;
  const length = Math.floor(above.length / BATCHES);
  const differences = Array.from({ length: BATCHES }, (_, batch) => {
    const [from, to] = [batch * length, (batch + 1) * length];
    return sum(above, from, to) - ratio * sum(below, from, to);
  });
  const mean = sum(differences) / BATCHES;
  const variance = differences.reduce((total, each) => total + (each - mean) ** 2, 0) / (BATCHES - 1);
  const error = SIGMAS * Math.sqrt(variance / BATCHES);
  const scale = sum(below, 0, BATCHES * length) / BATCHES;
  const text = `${ratio + mean / scale} +- ${error / scale} for ${ratio}`;
  assert.ok(Math.abs(mean) < error || (mean === 0 && error === 0), text);
  assert.ok(error / scale <= within * ratio, `${text}: too vague`);
}

/** 1 where a run of lost packets begins. */
export const burstStarts = (lost: Uint8Array): Uint8Array =>
  lost.map((one, i) => (one === 1 && (i === 0 || lost[i - 1] === 0) ? 1 : 0));

export const ones = (count: number): Uint8Array => new Uint8Array(count).fill(1);
