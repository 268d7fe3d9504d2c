/** Why packets are dropped, in the order in which the page lists them. */
import type { DropReason } from '../../sim/index.ts';

export type { DropReason };

// A record, so that the compiler misses a reason that is new.
const MEANINGS: Readonly<Record<DropReason, string>> = {
  loss: 'discarded by the loss model',
  queue: 'the queue was full, or its discipline said so',
  mtu: 'too long, and not to be fragmented',
  checksum: 'damaged on the way',
  ttl: 'too many hops',
  'no-route': 'no way to the destination',
  unassigned: 'nobody has the address',
  spoofed: 'sent under a false address',
  'vm-down': 'the VM is off',
  'link-down': 'the link is down, or a partition is between',
  'reassembly-timeout': 'a fragment never came',
  'no-listener': 'no program listens on the port',
};

export const DROP_REASONS = Object.keys(MEANINGS) as readonly DropReason[];

export const meaningOf = (reason: DropReason): string => MEANINGS[reason];
