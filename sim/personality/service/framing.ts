/** How many bytes a packet takes up on a link: its own, what the layers below add, and whole cells (`rate` of sch_netem). */
export interface Framing {
  /** Added to every packet; below zero where less than the IP packet is sent. */
  readonly overheadBytes: number;
  /** Payload of a cell; 0: the link has no cells. */
  readonly cellBytes: number;
  readonly cellOverheadBytes: number;
}

export const UNFRAMED: Framing = { overheadBytes: 0, cellBytes: 0, cellOverheadBytes: 0 };

/** At least 1: what is sent takes time. */
export function framedBytes(size: number, { overheadBytes, cellBytes, cellOverheadBytes }: Framing): number {
  const bytes = Math.max(1, size + overheadBytes);
  return cellBytes === 0 ? bytes : Math.ceil(bytes / cellBytes) * (cellBytes + cellOverheadBytes);
}
