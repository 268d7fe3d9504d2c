/**
 * The guides as programs: what their code blocks say, run as a reader would run them.
 *
 *     ```sh                        each line is a command; `# exit 1` at its end is the code it ends with, 0 without; other comments go
 *     ```yaml web.yaml             a file that later commands of the page find
 *     ```ts report.ts              a file too, and a program, which is run when its page's commands have been
 *     ```text output               what the last command or program before it prints
 *
 * Between `<!-- made: NAME -->` and `<!-- end -->` stands text that is made from the code.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { presets } from '../../app/index.ts';
import { describeFormat, describePresets } from '../../scenarios/index.ts';
import { FATES } from '../../sim/index.ts';
import { type CliResult, ROOT, runCli, runProgram } from '../support/cli.ts';

export interface Block {
  readonly language: string;
  /** What stands behind the language: a file's name, `output`. */
  readonly label: string;
  readonly text: string;
}

/** README.md and the guides, without the decisions; paths from the repository's folder. */
export const guides: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const FENCE = /^```([a-z]*)(?: +([^\n]+))?\n([\s\S]*?)^```$/gm;

export const blocksOf = (markdown: string): Block[] =>
  Array.from(markdown.matchAll(FENCE), ([, language = '', label = '', text = '']) => ({
    language,
    label,
    text,
  }));

/** How each line of the shell that a guide shows is run; null for one that only people type. */
export function parseCommand(
  line: string,
): { readonly args: readonly string[]; readonly code: number } | null {
  const [, typed = '', code = '0'] = /^(.*?)(?:\s+# exit (\d+)|\s+#.*)?$/.exec(line.trim()) ?? [];
  const args = words(
    typed.replace(/^npm start (--silent )?-- /, 'netpersona ').replace(/^npx netpersona /, 'netpersona '),
  );
  return args[0] === 'netpersona' ? { args: args.slice(1), code: Number(code) } : null;
}

/** As a shell splits them: by blanks, outside quotes. */
const words = (line: string): string[] =>
  Array.from(line.matchAll(/'([^']*)'|"([^"]*)"|\S+/g), ([all, single, double]) => single ?? double ?? all);

/** A command or program of a page, and what came of it. */
export interface Step {
  readonly what: string;
  readonly code: number;
  readonly result: CliResult;
  /** The block after it, when that says what it prints. */
  readonly output?: string;
}

/** Runs all of a page, in order, in a folder of its own. */
export async function runPage(markdown: string): Promise<Step[]> {
  const folder = workFolder();
  try {
    const steps: Step[] = [];
    for (const { language, label, text } of blocksOf(markdown)) {
      if (language === 'sh') steps.push(...(await runLines(text, folder)));
      else if (label === 'output') steps[steps.length - 1] = { ...steps[steps.length - 1]!, output: text };
      else if (label !== '') writeFileSync(inFolder(folder, label), text);
      if (language === 'ts' && /^import .*netpersona'/m.test(text) && !/^export /m.test(text)) {
        const result = await runProgram(process.execPath, ['--import', 'tsx', label], { cwd: folder });
        steps.push({ what: label, code: 0, result });
      }
    }
    return steps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Inside the package, so that its own name is found; git knows nothing of it. */
function workFolder(): string {
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'out', 'docs-'));
  cpSync(join(ROOT, 'scenarios', 'library'), join(folder, 'scenarios', 'library'), { recursive: true });
  return folder;
}

function inFolder(folder: string, path: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  return join(folder, path);
}

async function runLines(text: string, folder: string): Promise<Step[]> {
  const steps: Step[] = [];
  for (const line of text.split('\n')) {
    const command = parseCommand(line);
    if (command === null) continue;
    const result = await runCli(command.args, { cwd: folder });
    steps.push({ what: line, code: command.code, result });
  }
  return steps;
}

/** The page with every output and every made part as it is now. */
export async function renewed(markdown: string): Promise<string> {
  const steps = markdown.includes('```text output') ? await runPage(markdown) : [];
  const outputs = steps.flatMap(({ output, result }) => (output === undefined ? [] : [result.stdout]));
  const withOutputs = markdown.replace(
    /^```text output\n[\s\S]*?^```$/gm,
    () => `\`\`\`text output\n${outputs.shift() ?? ''}\`\`\``,
  );
  return withMade(withOutputs);
}

/** The page with every made part as it is now. */
export const withMade = (markdown: string): string =>
  markdown.replace(/<!-- made: ([a-z]+) -->\n[\s\S]*?<!-- end -->/g, (_all, name: string) => {
    const made = MADE[name];
    if (made === undefined) throw new Error(`nobody makes ${name}`);
    return `<!-- made: ${name} -->\n\n${made().trim()}\n\n<!-- end -->`;
  });

/** What is made from the code, by name. */
const MADE: Readonly<Record<string, () => string>> = {
  format: () => describeFormat().replace(/^# .*\n+/, ''),
  presets: () => describePresets(presets().values()),
  fates: () => FATES.map((fate) => `\`${fate}\``).join(', '),
  library: () =>
    [
      '| scenario | its question |',
      '| --- | --- |',
      ...libraryNames().map((name) => `| [${name}](../scenarios/library/${name}.yaml) | ${question(name)} |`),
    ].join('\n'),
};

const libraryNames = (): string[] =>
  readdirSync(join(ROOT, 'scenarios', 'library'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();

const question = (name: string): string =>
  /^# (.*)\n/.exec(read(`scenarios/library/${name}.yaml`))?.[1] ?? '';
