/** A look at a large world, without the rows that tell nothing new. Does not know who reads it. */
import type { Figures, FlowLive, LinkLive, VmLive } from '../operation/run.ts';

/** Up to so many VMs, flows and directions of links each, a look is always told in full. */
export const MANY_ROWS = 200;

/**
 * `partial`: rows of VMs, flows and links are left out whose counts and backlog are as in the look told before, and in whose window
 * nothing ended: their rates are 0, their delays null.
 */
export type PartialFigures = Figures & { readonly partial: true };

export const isLarge = ({ vms, flows, links }: Figures): boolean =>
  Math.max(vms.length, flows.length, links.length) > MANY_ROWS;

/** What has changed since a look; its own window may begin later than that one ended. */
export const changesSince = (before: Figures, now: Figures): PartialFigures => ({
  ...now,
  partial: true,
  vms: now.vms.filter((row, i) => isNews(before.vms[i], row)),
  flows: now.flows.filter((row, i) => isNews(before.flows[i], row)),
  links: now.links.filter((row, i) => isLinkNews(before.links[i], row)),
});

/** Rows of the same place are of the same VM or flow: there may be more of them, never others. */
function isNews<Row extends VmLive | FlowLive>(before: Row | undefined, now: Row): boolean {
  const isQuiet = now.throughputBps === 0 && now.delay === null && !('rtt' in now && now.rtt !== null);
  return !(isQuiet && before !== undefined && isSame(before, now));
}

function isSame(before: VmLive | FlowLive, now: VmLive | FlowLive): boolean {
  return (
    before.id === now.id &&
    before.sentPackets === now.sentPackets &&
    before.deliveredPackets === now.deliveredPackets &&
    before.deliveredBytes === now.deliveredBytes &&
    ('backlogBytes' in now ? now.backlogBytes : 0) === ('backlogBytes' in before ? before.backlogBytes : 0) &&
    // Reasons never go away, nor do their counts fall.
    totalOf(before.dropped) === totalOf(now.dropped)
  );
}

const totalOf = (counts: VmLive['dropped']): number => Object.values(counts).reduce((a, b) => a + b, 0);

const isLinkNews = (before: LinkLive | undefined, now: LinkLive): boolean =>
  before === undefined ||
  now.loadBps !== 0 ||
  before.packets !== now.packets ||
  before.bytes !== now.bytes ||
  before.dropped !== now.dropped ||
  before.up !== now.up;
