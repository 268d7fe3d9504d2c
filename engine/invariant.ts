/** A defect of netpersona itself, never of its input. */
export class Defect extends Error {
  override name = 'Defect';
}

/** Stops the run at once when something that cannot be, is. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Defect(what);
}
