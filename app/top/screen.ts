/** A terminal's second screen, drawn anew as a whole; and what is typed meanwhile. Leaves the terminal as it was, however it ends. */
import type { ReadStream, WriteStream } from 'node:tty';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const TO_LINE_END = '\u001b[K';
const TO_END = '\u001b[J';

/** What keys send, by the name that they have here. Anything else has its character's name. */
const KEYS: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001bOC': 'right',
  '\u001bOD': 'left',
  '\u001b[5~': 'pageUp',
  '\u001b[6~': 'pageDown',
  '\u001b[H': 'home',
  '\u001b[F': 'end',
  '\u001b[1~': 'home',
  '\u001b[4~': 'end',
  '\u0003': 'interrupt',
  '\u001b': 'escape',
};

export class Screen {
  readonly #out: WriteStream;
  readonly #in: ReadStream;
  readonly #leave = (): void => this.close();
  readonly #resized: () => void;
  readonly #typed: (text: string) => void;
  #isOpen = true;

  constructor(out: WriteStream, input: ReadStream, onKey: (key: string) => void, onResize: () => void) {
    this.#out = out;
    this.#in = input;
    this.#resized = onResize;
    this.#typed = (text) => {
      const key = KEYS[text];
      // A fast hand's letters come together.
      for (const each of key === undefined ? text : [key]) onKey(each);
    };
    process.once('exit', this.#leave);
    out.write(ENTER);
    out.on('resize', onResize);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', this.#typed);
  }

  get width(): number {
    return this.#out.columns || 80;
  }

  get height(): number {
    return this.#out.rows || 24;
  }

  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.#out.write(HOME + lines.map((line) => line + TO_LINE_END).join('\r\n') + TO_END);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#leave);
    this.#out.off('resize', this.#resized);
    this.#in.off('data', this.#typed);
    this.#in.setRawMode(false);
    this.#in.pause();
    this.#out.write(LEAVE);
  }
}
