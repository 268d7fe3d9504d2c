/** Draws a table again and again, and hands on what is typed, until somebody has seen enough. */
import { type Board, boardLines, bodyLength, SORTS, type Sort } from './board.ts';
import type { FolderSource } from './folder-source.ts';
import { isSilence, type LiveSource } from './live-source.ts';
import { Screen } from './screen.ts';

/** What can be watched. */
export interface Watched {
  /** What can be typed besides what all tables know. */
  readonly keys: string;
  /** A refresh is due. */
  look(): Promise<Board>;
  /** Something was typed that the table itself does not know. */
  type(key: string): Promise<void>;
}

export function watchedRun(source: LiveSource): Watched {
  return {
    keys: 'space pause, right: step 1 s',
    look: () => source.look(),
    async type(key) {
      if (key === ' ') await source.toggle();
      else if (key === 'right') await source.step('1s');
    },
  };
}

/** From the first interval to the last, one a refresh. */
export function watchedFolder(source: FolderSource, from: number): Watched {
  let index = from;
  let isPlaying = true;
  let isFirst = true;
  const go = (to: number): void => {
    isPlaying = false;
    index = Math.max(0, Math.min(source.length - 1, to));
  };
  return {
    keys: 'space play or stop, left right: interval, home end',
    async look() {
      if (isPlaying && !isFirst) index = Math.min(source.length - 1, index + 1);
      isFirst = false;
      return source.look(index);
    },
    async type(key) {
      if (key === ' ') isPlaying = !isPlaying;
      else if (key === 'left') go(index - 1);
      else if (key === 'right') go(index + 1);
      else if (key === 'home') go(0);
      else if (key === 'end') go(source.length - 1);
    },
  };
}

export interface WatchOptions {
  readonly sort: Sort;
  readonly refreshMs: number;
  readonly colour: boolean;
}

/** Resolves when `q`, escape or Ctrl-C was typed, or the signal came. */
export async function watch(
  watched: Watched,
  { sort: firstSort, refreshMs, colour }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let sort = firstSort;
  let scrolled = 0;
  let board: Board | undefined;
  let trouble = '';
  let failure: unknown;
  const { stdout, stdin } = process;
  const keys = (): string => `q quit, s sort (by ${sort}), up down scroll, ${watched.keys}`;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearInterval(timer);
      screen.close();
      resolve();
    };
    const draw = (): void => {
      if (board === undefined) return;
      const { width, height } = screen;
      scrolled = Math.max(0, Math.min(scrolled, bodyLength(board) - 1));
      const shown = trouble === '' ? board : { ...board, state: trouble };
      screen.draw(boardLines(shown, { width, height, colour, sort, scrolled, keys: keys() }));
    };
    const attempt = async (act: () => Promise<void>): Promise<void> => {
      try {
        await act();
        trouble = '';
      } catch (error) {
        if (isSilence(error)) trouble = 'no answer; trying again';
        else {
          failure = error;
          end();
        }
      }
      draw();
    };
    let isLooking = false;
    const refresh = (): void => {
      if (isLooking) return;
      isLooking = true;
      void attempt(async () => {
        board = await watched.look();
      }).finally(() => {
        isLooking = false;
      });
    };
    const page = (): number => Math.max(1, screen.height - 8);
    const type = (key: string): void => {
      if (ENDS.includes(key)) {
        end();
        return;
      }
      if (key === 's') sort = SORTS[(SORTS.indexOf(sort) + 1) % SORTS.length] ?? 'name';
      else if (key in SCROLL) scrolled += SCROLL[key as keyof typeof SCROLL](page());
      else {
        void attempt(() => watched.type(key)).then(refresh);
        return;
      }
      draw();
    };
    const screen = new Screen(stdout, stdin, type, draw);
    const timer = setInterval(refresh, refreshMs);
    signal.addEventListener('abort', () => end());
    if (signal.aborted) end();
    else refresh();
  });
  if (failure !== undefined) throw failure;
}

const ENDS: readonly string[] = ['q', 'escape', 'interrupt'];

const SCROLL = {
  up: () => -1,
  down: () => 1,
  pageUp: (page: number) => -page,
  pageDown: (page: number) => page,
} as const;
