/** What a run may leave behind besides the files of the contract: a page, a capture, a table for another program. */
import type { CommandRecord, TraceSink } from '../sim/index.ts';
import type { Summary } from './summary.ts';

/** One file, made while the run goes on. Opens it with an `OpenFile` that it is made with. */
export interface Artefact extends TraceSink {
  /** Once, after every fact: writes what is left and closes the file. */
  finish(summary: Summary, commands: readonly CommandRecord[]): void;
  /** Instead, when the run has failed: closes the file, whatever is in it. */
  abandon(): void;
}
