/** Who looks on while pipelines are put together. Nobody does in an ordinary run: then nothing of this costs anything. */
import type { Delays } from './delays.ts';
import type { Lines } from './line.ts';
import type { AnyGate, Pipeline } from './pipeline.ts';
import type { StageDefinition } from './stage.ts';

export interface PipelineWatch {
  /** A pipeline has been made; it has no settings yet. */
  opened(pipeline: Pipeline, lines: Lines, delays: Delays): void;
  /** What stands there instead of the gate: one that does the same. */
  gate(gate: AnyGate, definition: StageDefinition, pipeline: Pipeline): AnyGate;
}
