/** The catalogue of loss models. */
import { burst } from './burst.ts';
import { generalIntuitive } from './general-intuitive.ts';
import { gilbertElliott } from './gilbert-elliott.ts';
import { list } from './list.ts';
import { markov4 } from './markov4.ts';
import { match } from './match.ts';
import type { AnyLossModel } from './model.ts';
import { nth } from './nth.ts';
import { random } from './random.ts';

export const lossModels = [
  random,
  gilbertElliott,
  burst,
  markov4,
  generalIntuitive,
  nth,
  list,
  match,
] as unknown as readonly AnyLossModel[];
