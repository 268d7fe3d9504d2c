/** Runs a scenario twice: to find a packet, and to watch it. Opens no files and prints nothing. */
import { Defect } from '../engine/index.ts';
import {
  Digest,
  type ExplainSource,
  type Explanation,
  type FoundTraits,
  PacketFinder,
  RelatedPackets,
  SourceOrigins,
  type Wanted,
} from '../reports/index.ts';
import { nearestName } from '../scenarios/index.ts';
import { Story, World } from '../sim/index.ts';
import { RunDefect, UsageError } from './faults.ts';
import { loadPrograms } from './programs.ts';
import type { RunJob } from './run-job.ts';

/** As it was typed. */
export type Sought =
  | { readonly packet: number }
  | { readonly flow: string; readonly seq: number; readonly reverse: boolean };

export interface ExplainJob {
  readonly source: ExplainSource;
  readonly sought: Sought;
  /** What paths of programs are relative to. */
  readonly folder: string;
  /** Of the run whose packet is meant; undefined: of this one. */
  readonly digest: string | undefined;
  readonly command: string;
}

/**
 * Undefined when a signal asked for an end.
 *
 * @throws {UsageError} when there is no such packet, or the run is another one than it was.
 * @throws as a run does.
 */
export async function explain(job: ExplainJob, runs: RunJob): Promise<Explanation | undefined> {
  const { source, sought } = job;
  const { scenario } = source;
  const wanted = wantedOf(sought, job);
  const first = await find(wanted, runs);
  if (runs.interruptCode !== undefined) return undefined;
  const { digest, born } = first;
  if (job.digest !== undefined && job.digest !== digest)
    throw new UsageError(
      `${source.file} gives another run than it did: digest ${digest.slice(0, 12)}, not ${job.digest.slice(0, 12)}; was it written by another version?`,
    );
  if (first.found === null) throw noSuchPacket(sought, born, first.highestSeq);
  const { packet } = first.found;

  const story = new Story([packet.id]);
  const world = new World(scenario.world, {
    until: scenario.duration,
    interval: scenario.interval,
    impossible: scenario.impossible,
    programs: await loadPrograms(scenario, job.folder),
    watch: story,
  });
  const again = new Digest();
  const related = new RelatedPackets(first.found, world.names, (address) =>
    world.system.addressText(address),
  );
  world.attach(again);
  world.attach(related);
  await world.run(() => {
    if (runs.interruptCode !== undefined) world.stop();
  });
  if (runs.interruptCode !== undefined) return undefined;
  // Who watches must not be noticed.
  if (again.hex() !== digest)
    throw new RunDefect(new Defect('the watched run is another one'), scenario.seed, packet.endedNs);
  return {
    name: scenario.name,
    seed: scenario.seed,
    digest,
    packets: born,
    packet,
    related: related.all,
    events: story.events,
    origins: new SourceOrigins(source, story.events),
    command: job.command,
  };
}

async function find(
  wanted: Wanted,
  runs: RunJob,
): Promise<{ found: FoundTraits | null; highestSeq: number; digest: string; born: number }> {
  let finder: PacketFinder | undefined;
  const session = await runs.begin([{ ended: (chunk) => finder?.ended(chunk) }]);
  finder = new PacketFinder(wanted, session.world.names);
  const { digest } = await session.run();
  const { found, highestSeq } = finder;
  return { found, highestSeq, digest, born: session.world.packets.born };
}

function wantedOf(sought: Sought, { source }: ExplainJob): Wanted {
  if ('packet' in sought) return { id: sought.packet };
  const ids = source.scenario.world.traffic.map(({ id }) => id);
  const flow = ids.indexOf(sought.flow);
  if (flow >= 0) return { flow, seq: sought.seq, reverse: sought.reverse };
  const nearest = nearestName(sought.flow, ids);
  const known = ids.length === 0 ? 'there is no traffic' : `there are ${ids.slice(0, 10).join(', ')}`;
  throw new UsageError(
    `there is no flow "${sought.flow}"; ${nearest === undefined ? known : `did you mean ${nearest}?`}`,
  );
}

function noSuchPacket(sought: Sought, born: number, highestSeq: number): UsageError {
  if ('packet' in sought) {
    const known = born === 0 ? 'the run has no packets' : `the run has packets 1 to ${born}`;
    return new UsageError(`there is no packet ${sought.packet}; ${known}`);
  }
  const { flow, seq, reverse } = sought;
  const way = reverse ? ' on its way back' : '';
  const known = highestSeq < 0 ? 'there are none' : `they are numbered 0 to ${highestSeq}`;
  return new UsageError(`there is no packet number ${seq} of ${flow}${way}; ${known}`);
}
