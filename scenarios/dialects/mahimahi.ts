/** mahimahi's packet-delivery traces (mm-link): one opportunity of 1500 bytes per line, in ms. */
import { failure, type Outcome, type Problem, success } from '../format/problems.ts';
import { type Dialect, type Imported, type Note, tidy } from './dialect.ts';

const OPPORTUNITY_BYTES = 1500;
/** A trace without a file name is written out; more than these make no readable file. */
const MOST_INLINE = 100_000;
const MOST_PROBLEMS = 100;

export const mahimahi: Dialect = {
  name: 'mahimahi',
  summary: 'a trace of mm-link: one delivery opportunity per line, in whole ms',
  recognises: (text) => /^\s*\d+\s*\n/.test(`${text}\n`) && !/[^\d\s]/.test(text),
  read({ text, fileName }): Outcome<Imported> {
    const { times, problems } = timesOf(text);
    if (problems.length === 0 && fileName === undefined && times.length > MOST_INLINE) {
      const allowed = `at most ${MOST_INLINE} lines from stdin; a file may be longer`;
      problems.push({ path: '', found: `${times.length} lines`, allowed });
    }
    if (problems.length > 0) return failure(problems);
    const last = times.at(-1)!;
    const kbps = tidy((times.length * OPPORTUNITY_BYTES * 8) / last);
    const words = `${times.length} opportunities in ${last} ms, ${Number(kbps.toPrecision(6))} kbit/s on average`;
    const notes: Note[] = [
      {
        kind: 'left out',
        words: 'no queue',
        why: 'mm-link queues without limit unless told otherwise; here the usual limit holds',
      },
      { kind: 'left out', words: 'no delay', why: 'a trace has none: mm-delay is latencyMs' },
      {
        kind: 'interpreted',
        words: `${OPPORTUNITY_BYTES} bytes`,
        why: 'an opportunity carries that many bytes of IP packets; mahimahi counts 4 bytes of its tunnel to a packet and lets 1504 pass',
      },
    ];
    const trace = fileName ?? times;
    return success({
      personalities: [{ name: '', source: [words], fields: { 'bandwidth.trace': trace } }],
      notes,
    });
  },
};

function timesOf(text: string): { readonly times: readonly number[]; readonly problems: Problem[] } {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const times: number[] = [];
  const problems: Problem[] = [];
  const wrong = (found: string, allowed: string, line: number): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ path: 'trace', found, allowed, line });
  };
  lines.forEach((raw, index) => {
    const line = index + 1;
    const found = raw === '' ? 'an empty line' : JSON.stringify(raw.slice(0, 60));
    if (!/^\d{1,15}$/.test(raw.trim())) wrong(found, 'a whole number of ms', line);
    else if (Number(raw) < (times.at(-1) ?? 0))
      wrong(found, `at least the line before it, ${times.at(-1)}`, line);
    else times.push(Number(raw));
  });
  if (problems.length === 0 && times.at(-1) === 0)
    wrong('0', 'a last time above 0, after which the trace repeats', lines.length);
  return { times, problems };
}
