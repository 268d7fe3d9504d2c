/**
 * Who has a folder: a file in it that is named after its process, and touched every other second. What a killed process left behind is
 * known by its number and the instant of its start; where numbers mean nothing to us (another container, another machine), by its silence.
 */
import { createHash } from 'node:crypto';
import { readlinkSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../faults.ts';
import { namesIn, readTextIfAny, remove, writeText } from '../files.ts';

const BEAT_MS = 2_000;
/** Five beats: a busy machine misses one or two. */
const SILENCE_MS = 10_000;
const POLL_MS = 250;
const CLAIMS = 3;

const CLAIM = /^\.netpersona-([0-9a-f]{8})-(\d+)-(\d+)$/;

/** Folders of this process. */
const held = new Set<string>();

export const isClaim = (name: string): boolean => CLAIM.test(name);

export class FolderClaim {
  /** Who had it before has ended with its machine, or on another one. */
  readonly isAfterOutage: boolean;
  readonly #folder: string;
  readonly #file: string;
  readonly #heart: NodeJS.Timeout;

  private constructor(folder: string, file: string, isAfterOutage: boolean) {
    this.isAfterOutage = isAfterOutage;
    this.#folder = folder;
    this.#file = file;
    this.#heart = setInterval(() => beat(file), BEAT_MS);
    this.#heart.unref();
  }

  /**
   * First the own file, then a look at the others': of two that come at once, at least one sees the other. When both do, both step
   * back, and not for equally long.
   *
   * @param folder an absolute path without links.
   * @throws {UsageError} when another process has it.
   */
  static async take(folder: string): Promise<FolderClaim> {
    if (held.has(folder)) throw inUse(folder, process.pid);
    held.add(folder);
    const file = join(folder, ownName());
    try {
      for (let claims = 1; ; claims++) {
        writeText(file, '', { replace: true });
        const { rival, isAfterOutage } = await othersIn(folder, file);
        if (rival === undefined) return new FolderClaim(folder, file, isAfterOutage);
        remove(file);
        if (claims === CLAIMS) throw inUse(folder, rival);
        await sleep(20 + (process.pid % 10) * 20);
      }
    } catch (error) {
      held.delete(folder);
      throw error;
    }
  }

  release(): void {
    clearInterval(this.#heart);
    held.delete(this.#folder);
    remove(this.#file);
  }
}

const inUse = (folder: string, pid: number): UsageError =>
  new UsageError(`${folder} is in use (process ${pid}); end that one first, or name another folder`);

function beat(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody has removed it; there is nothing to keep alive.
  }
}

/** Of other claims: the number of a living process. Removes what dead ones left behind. */
async function othersIn(
  folder: string,
  own: string,
): Promise<{ readonly rival?: number; readonly isAfterOutage: boolean }> {
  let isAfterOutage = false;
  for (const name of namesIn(folder)) {
    const [, place, pid, start = ''] = CLAIM.exec(name) ?? [];
    const file = join(folder, name);
    if (pid === undefined || file === own) continue;
    const isHere = place === ownPlace();
    const isDead = isHere ? !isAlive(Number(pid), start) : await isSilent(file, own);
    if (!isDead) return { rival: Number(pid), isAfterOutage };
    isAfterOutage ||= !isHere;
    remove(file);
  }
  return { isAfterOutage };
}

/** Waits until it has been touched, or long enough. */
async function isSilent(file: string, own: string): Promise<boolean> {
  const first = touchedAt(file);
  for (;;) {
    const last = touchedAt(file);
    if (last === undefined) return true;
    if (last !== first) return false;
    // By the clock of the file system, which may be another than ours.
    writeText(own, '', { replace: true });
    if ((touchedAt(own) ?? 0) - last > SILENCE_MS) return true;
    await sleep(POLL_MS);
  }
}

const touchedAt = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Otherwise it lives, and is somebody else's.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const now = processNow(pid);
  if (now === undefined) return true;
  return now.state !== 'Z' && (start === UNKNOWN_START || now.start === start);
}

const UNKNOWN_START = '0';

const ownName = (): string =>
  `.netpersona-${ownPlace()}-${process.pid}-${processNow(process.pid)?.start ?? UNKNOWN_START}`;

/** Where process numbers mean the same: a boot of a machine, and a container in it. */
function ownPlace(): string {
  const boot = readTextIfAny('/proc/sys/kernel/random/boot_id', 4096)?.trim() ?? hostname();
  return createHash('sha256').update(`${boot} ${pidNamespace()}`).digest('hex').slice(0, 8);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has them.
    return '';
  }
}

/** Linux: proc_pid_stat(5), fields 3 (state) and 22 (start, in ticks since boot). Field 2 is in brackets and may hold anything. */
function processNow(pid: number): { readonly state: string; readonly start: string } | undefined {
  const text = readTextIfAny(`/proc/${pid}/stat`, 4096);
  const [state, ...rest] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  const start = rest[18];
  return state === undefined || start === undefined ? undefined : { state, start };
}
