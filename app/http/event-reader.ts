/**
 * One who reads events. However slow, it makes nobody wait and keeps no memory: what would not fit into its buffer is not written.
 * It misses clocks and looks then, and gets the latest when there is room; commands it gets from the log, all of them that the log
 * still has.
 */
import type { ServerResponse } from 'node:http';
import type { CommandEntry } from '../operation/run.ts';

/** As a stream carries it (WHATWG HTML, section 9.2). JSON has no line ends. */
export const eventText = (type: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

const commandText = (entry: CommandEntry): string => eventText('command', entry, entry.sequence);

/** Commands without a gap between them; written once for all who get them all. */
export class CommandBatch {
  readonly #entries: readonly CommandEntry[];
  #bytes: Buffer | undefined = undefined;

  /** One at least. */
  constructor(entries: readonly CommandEntry[]) {
    this.#entries = entries;
  }

  get first(): number {
    return this.#entries[0]!.sequence;
  }

  get last(): number {
    return this.first + this.#entries.length - 1;
  }

  after(position: number): Buffer {
    if (position >= this.first) return bytesOf(this.#entries.slice(position - this.first + 1));
    this.#bytes ??= bytesOf(this.#entries);
    return this.#bytes;
  }
}

const bytesOf = (entries: readonly CommandEntry[]): Buffer => Buffer.from(entries.map(commandText).join(''));

/** The latest of a kind, as it is told. */
export interface Told {
  /** Counts up by one. */
  readonly number: number;
  full(): Buffer;
  /** For those who got the one before. */
  changes(): Buffer;
}

/** Where readers get what they want. */
export interface EventSource {
  readonly clock: Told;
  readonly figures: Told;
  /** The number of the last command. */
  readonly last: number;
  commands(after: number, limit: number): Promise<readonly CommandEntry[]>;
}

/** What a reader wants besides `hello`. */
export interface Wanted {
  readonly clock: boolean;
  readonly figures: boolean;
  readonly command: boolean;
}

export interface ReaderOptions {
  readonly wanted: Wanted;
  /** The number of the last command that it knows. */
  readonly position: number;
  /** So many bytes may wait for it; a piece that is larger waits alone. */
  readonly bufferBytes: number;
}

/** Commands that are asked for at once. */
const PAGE = 500;
const HEARTBEAT = Buffer.from(':\n\n');

export class EventReader {
  readonly #response: ServerResponse;
  readonly #source: EventSource;
  readonly #wanted: Wanted;
  readonly #bufferBytes: number;
  #position: number;
  /** Commands have to come from the log. */
  #isBehind: boolean;
  /** It is behind because it was slow, and has not been told yet. */
  #isSlow = false;
  #isAsking = false;
  #isEnded = false;
  #clock = 0;
  #figures = 0;
  /** When something was last written to an empty buffer, or left it. */
  #movedAt = performance.now();

  /** The response's head has been written. */
  constructor(
    response: ServerResponse,
    source: EventSource,
    { wanted, position, bufferBytes }: ReaderOptions,
  ) {
    this.#response = response;
    this.#source = source;
    this.#wanted = wanted;
    this.#position = position;
    this.#isBehind = wanted.command && position < source.last;
    this.#bufferBytes = bufferBytes;
  }

  /** Bytes that wait for it. */
  get waiting(): number {
    return this.#isEnded ? 0 : this.#response.writableLength;
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Bytes wait, and none of them has left for so long. */
  isStuck(ms: number): boolean {
    return this.waiting > 0 && performance.now() - this.#movedAt > ms;
  }

  hello(text: string): void {
    this.#write(Buffer.from(text));
    this.#go();
  }

  /** What is new, to be had from the source; commands are handed over. */
  tell(commands: CommandBatch | undefined): void {
    if (commands !== undefined && this.#wanted.command) this.#tellCommands(commands);
    this.#go();
  }

  /** A comment, so that whoever stands in between sees that the stream is alive. */
  beat(): void {
    if (this.waiting === 0) this.#write(HEARTBEAT);
  }

  /** The last word; then, or after so many ms, the connection is gone. */
  end(lingerMs: number): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const response = this.#response;
    response.end();
    const timer = setTimeout(() => response.destroy(), lingerMs);
    response.once('close', () => clearTimeout(timer));
  }

  cutOff(): void {
    this.#response.destroy();
  }

  /** The connection is gone. */
  leave(): void {
    this.#isEnded = true;
  }

  #tellCommands(batch: CommandBatch): void {
    if (this.#isBehind || batch.last <= this.#position) return;
    if (this.#position < batch.first - 1) this.#isBehind = true;
    else if (this.#write(batch.after(this.#position))) this.#position = batch.last;
    else {
      this.#isBehind = true;
      this.#isSlow = true;
    }
  }

  /** Writes what is due and fits. */
  #go(): void {
    if (this.#isEnded) return;
    const { clock, figures } = this.#source;
    if (this.#wanted.clock && clock.number > this.#clock && this.#write(clock.full()))
      this.#clock = clock.number;
    if (this.#wanted.figures && figures.number > this.#figures) {
      const bytes = figures.number === this.#figures + 1 ? figures.changes() : figures.full();
      if (this.#write(bytes)) this.#figures = figures.number;
    }
    if (this.#isBehind && !this.#isAsking && this.waiting === 0) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#isAsking = true;
    let entries: readonly CommandEntry[];
    try {
      entries = await this.#source.commands(this.#position, PAGE);
    } catch {
      // The run is gone. Who comes back is told so.
      this.#response.destroy();
      return;
    }
    this.#isAsking = false;
    if (this.#isEnded) return;
    this.#tellMissed(entries);
    this.#isBehind = this.#position < this.#source.last;
    this.#go();
  }

  /** As many as fit. */
  #tellMissed(entries: readonly CommandEntry[]): void {
    const last = Math.max(this.#source.last, entries.at(-1)?.sequence ?? 0);
    const from = this.#position + 1;
    const lost = (entries[0]?.sequence ?? last + 1) - from;
    let text = this.#isSlow || lost > 0 ? eventText('gap', { from, to: last, lost }) : '';
    let position = entries[0] === undefined ? last : this.#position;
    let size = Buffer.byteLength(text);
    for (const entry of entries) {
      const next = commandText(entry);
      const bytes = Buffer.byteLength(next);
      if (position >= from && !this.#fits(size + bytes)) break;
      text += next;
      size += bytes;
      position = entry.sequence;
    }
    if (text === '' || !this.#write(Buffer.from(text))) return;
    this.#position = position;
    this.#isSlow = false;
  }

  #fits(bytes: number): boolean {
    return this.waiting + bytes <= this.#bufferBytes;
  }

  /** False: it does not fit. Whatever it is, it fits alone. */
  #write(bytes: Buffer): boolean {
    if (this.#isEnded) return false;
    if (this.waiting === 0) this.#movedAt = performance.now();
    else if (!this.#fits(bytes.length)) return false;
    this.#response.write(bytes, this.#written);
    return true;
  }

  readonly #written = (): void => {
    this.#movedAt = performance.now();
    this.#go();
  };
}
