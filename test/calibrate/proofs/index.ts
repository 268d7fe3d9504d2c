/** Every proof, in the order of the stages. */
import type { Proof } from '../proof.ts';
import { proofs as bandwidth } from './bandwidth.ts';
import { proofs as delay } from './delay.ts';
import { proofs as duplicate } from './duplicate.ts';
import { proofs as loss } from './loss.ts';

export const proofs: readonly Proof[] = [...loss, ...duplicate, ...bandwidth, ...delay];
