/** How far a run is: one line rewritten on a terminal, a line now and then elsewhere. The only part of a run that looks at the clock. */
import { formatNanos } from '../engine/index.ts';
import type { Progress } from './session.ts';
import type { Terminal } from './terminal.ts';

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const CLEAR_LINE = '\r\u001b[K';

export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #began = performance.now();
  #next: number;
  #drawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#next = this.#began + this.#period;
  }

  get #period(): number {
    return this.#terminal.errIsTty ? REDRAW_MS : LINE_MS;
  }

  update(progress: Progress): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + this.#period;
    // A line that wraps cannot be rewritten.
    const line = progressText(progress, now - this.#began).slice(0, (this.#terminal.errColumns ?? 100) - 1);
    this.#terminal.err(this.#terminal.errIsTty ? `${CLEAR_LINE}${line}` : `${line}\n`);
    this.#drawn = true;
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#drawn && this.#terminal.errIsTty) this.#terminal.err(CLEAR_LINE);
    this.#drawn = false;
  }

  /** `30s of virtual time in 412 ms, 73x as fast` */
  summary(now: number): string {
    const ms = performance.now() - this.#began;
    const took = ms < 10_000 ? `${Math.round(ms)} ms` : clockText(ms);
    return `${formatNanos(now)} of virtual time in ${took}, ${speedText(now, ms)} as fast`;
  }
}

/** `12.3s of 30s  41%  38x  0:05 to go` */
function progressText({ now, duration }: Progress, ms: number): string {
  const share = duration > 0 ? now / duration : 1;
  const left = share > 0 ? (ms * (1 - share)) / share : Infinity;
  const eta = Number.isFinite(left) ? `${clockText(left)} to go` : '';
  const percent = `${Math.floor(share * 100)}%`;
  return `${formatNanos(now, 1)} of ${formatNanos(duration)}  ${percent}  ${speedText(now, ms)}  ${eta}`.trimEnd();
}

/** How many times as fast as the clock. */
function speedText(now: number, ms: number): string {
  if (ms <= 0) return '-';
  const speed = now / 1e6 / ms;
  return `${speed >= 100 ? Math.round(speed) : Number(speed.toPrecision(2))}x`;
}

/** `1:02:03`, `0:05` */
function clockText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}
