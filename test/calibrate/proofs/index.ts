/** Every proof, in the order of the stages. */
import type { Proof } from '../proof.ts';
import { proofs as bandwidth } from './bandwidth.ts';
import { proofs as corrupt } from './corrupt.ts';
import { proofs as delay } from './delay.ts';
import { proofs as disciplines } from './disciplines.ts';
import { proofs as disorder } from './disorder.ts';
import { proofs as duplicate } from './duplicate.ts';
import { proofs as egress } from './egress.ts';
import { proofs as loss } from './loss.ts';
import { proofs as mtu } from './mtu.ts';
import { proofs as netem } from './netem.ts';
import { proofs as outage } from './outage.ts';
import { proofs as queue } from './queue.ts';
import { proofs as routing } from './routing.ts';

export const proofs: readonly Proof[] = [
  ...routing,
  ...mtu,
  ...netem,
  ...loss,
  ...duplicate,
  ...corrupt,
  ...outage,
  ...queue,
  ...disciplines,
  ...bandwidth,
  ...delay,
  ...disorder,
  ...egress,
];
