/** `NetworkPersonality` as users write it, put together from the stages' slices. */
import type { ParamValue } from './params.ts';

/**
 * The fields that were given, by path: `latencyMs`, `packetLossPercentage`, `bandwidth.queueBytes`. Numbers are in the
 * unit that the field's definition names. What is absent has the field's identity value.
 */
export type Profile = Readonly<Record<string, ParamValue>>;
