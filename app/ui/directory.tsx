/** Everything that can be looked at, by name: machines, flows, links. */
import { useMemo, useState } from 'preact/hooks';
import { usePage, useSelect } from './context.ts';
import { counted, duration, percent, rate } from './format.ts';
import { Glyph } from './glyph.tsx';
import { activeOf } from './page.ts';
import type { Figures, VmJson } from './types.ts';
import { VirtualList } from './virtual-list.tsx';

type Part = 'vms' | 'flows' | 'links';

const PARTS: readonly { readonly part: Part; readonly text: string; readonly noun: string }[] = [
  { part: 'vms', text: 'VMs', noun: 'VM' },
  { part: 'flows', text: 'Flows', noun: 'flow' },
  { part: 'links', text: 'Links', noun: 'link' },
];

export function Directory() {
  const [part, setPart] = useState<Part>('vms');
  const [words, setWords] = useState('');
  const sizes = useSelect(({ blueprint }) => blueprint);
  const shown = PARTS.filter(({ part: each }) => each === 'vms' || (sizes?.[each].length ?? 0) > 0);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that can be seen. */}
      <div class="tabs" role="group" aria-label="What to list">
        {shown.map(({ part: each, text, noun }) => (
          <button
            key={each}
            type="button"
            aria-pressed={part === each}
            aria-label={counted(sizes?.[each].length ?? 0, noun)}
            onClick={() => setPart(each)}
          >
            {text} <small>{sizes?.[each].length ?? 0}</small>
          </button>
        ))}
      </div>
      <input
        type="search"
        class="search"
        placeholder={part === 'vms' ? 'Find by name, host or personality' : 'Find by name'}
        aria-label={`Find ${part === 'vms' ? 'VMs by name, host, network or personality' : part}`}
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      {part === 'vms' && <Vms words={words} />}
      {part === 'flows' && <Flows words={words} />}
      {part === 'links' && <Links words={words} />}
    </>
  );
}

/** Every word must occur. */
function finder(words: string): (...texts: readonly string[]) => boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (...texts) => {
    const text = texts.join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
}

function Vms({ words }: { words: string }) {
  const page = usePage();
  const control = useSelect((state) => state.control);
  const figures = useSelect((state) => state.figures);
  const selection = useSelect((state) => state.selection);
  const items = useMemo(() => {
    const isWanted = finder(words);
    return control.vms.filter(({ id, host, interfaces, assignments }) =>
      isWanted(
        id,
        host,
        ...interfaces.flatMap(({ network, ip }) => [network, ip]),
        ...assignments.map(({ personality }) => personality),
      ),
    );
  }, [control, words]);
  const throughput = useMemo(
    () => new Map((figures?.vms ?? []).map((vm) => [vm.id, vm.throughputBps])),
    [figures],
  );
  const fields = useMemo(
    () => new Map(control.personalities.map((each) => [each.id, each.fields])),
    [control],
  );
  return (
    <VirtualList
      name="vm"
      label="VMs"
      items={items}
      rowHeight={52}
      keyOf={({ id }) => id}
      wordsOf={wordsOfVm}
      selected={selection.kind === 'vm' ? selection.id : null}
      onSelect={(id) => page.select({ kind: 'vm', id })}
      onDrop={(id, name) => page.give(id, name)}
      onKey={(key, { id, assignments }) => {
        if (key === 'Enter' || key === 'p') page.store.set({ dialog: { kind: 'assign', vm: id } });
        else if (key === 'Delete' || key === 'Backspace') page.remove(id, assignments.at(-1)?.from);
        else return false;
        return true;
      }}
      empty="No VM has these words."
      draw={(vm) => {
        const active = activeOf(vm);
        return (
          <>
            <span class={`lamp ${vm.up ? 'is-up' : 'is-down'}`} />
            <span class="row-words">
              <span class="row-name">{vm.id}</span>
              <span class="row-under">
                {active?.personality ?? 'nothing'}
                {vm.assignments.length > 1 && ` +${vm.assignments.length - 1}`} · {vm.up ? vm.host : 'off'}
              </span>
            </span>
            <span class="row-end">
              <Glyph fields={active === undefined ? undefined : fields.get(active.personality)} />
              <span class="row-rate">{rate(throughput.get(vm.id) ?? 0)}</span>
            </span>
          </>
        );
      }}
    />
  );
}

const wordsOfVm = ({ id, host, up, assignments }: VmJson): string =>
  `${id}, ${up ? 'up' : 'off'}, on ${host}, ${assignments.map(({ personality }) => personality).join(', ') || 'no personality'}`;

function Flows({ words }: { words: string }) {
  const page = usePage();
  const flows = useSelect(({ blueprint }) => blueprint?.flows) ?? [];
  const figures = useSelect((state) => state.figures);
  const selection = useSelect((state) => state.selection);
  const isWanted = finder(words);
  const live = new Map((figures?.flows ?? []).map((flow) => [flow.id, flow]));
  return (
    <VirtualList
      name="flow"
      label="Flows"
      items={flows.filter(({ id, kind, from, to }) => isWanted(id, kind, from, to))}
      rowHeight={52}
      keyOf={({ id }) => id}
      wordsOf={({ id, kind, from, to }) => `${id}, ${kind}, from ${from} to ${to}`}
      selected={selection.kind === 'flow' ? selection.id : null}
      onSelect={(id) => page.select({ kind: 'flow', id })}
      empty="No flow has these words."
      draw={({ id, kind, from, to }) => {
        const now = live.get(id);
        const middle = (now?.rtt ?? now?.delay)?.p50;
        return (
          <>
            <span class="row-words">
              <span class="row-name">{id}</span>
              <span class="row-under">
                {kind} · {from} → {to}
              </span>
            </span>
            <span class="row-end">
              <span class="row-rate">{rate(now?.throughputBps ?? 0)}</span>
              <span class="row-rate">{middle === undefined ? '' : duration(middle)}</span>
            </span>
          </>
        );
      }}
    />
  );
}

function Links({ words }: { words: string }) {
  const page = usePage();
  const links = useSelect(({ blueprint }) => blueprint?.links) ?? [];
  const figures = useSelect((state) => state.figures);
  const selection = useSelect((state) => state.selection);
  const isWanted = finder(words);
  const live = liveLinks(figures);
  return (
    <VirtualList
      name="link"
      label="Links"
      items={links.filter(({ between }) => isWanted(...between))}
      rowHeight={52}
      keyOf={({ between }) => linkKey(...between)}
      wordsOf={({ between: [a, b] }) =>
        `${a} to ${b}, ${live.get(linkKey(a, b))?.up === false ? 'down' : 'up'}`
      }
      selected={selection.kind === 'link' ? linkKey(selection.from, selection.to) : null}
      onSelect={(key) => {
        const link = links.find(({ between }) => linkKey(...between) === key);
        if (link !== undefined) page.select({ kind: 'link', from: link.between[0], to: link.between[1] });
      }}
      empty="No link has these words."
      draw={({ between: [a, b], latencyNs, bandwidthBps }) => {
        const now = live.get(linkKey(a, b));
        return (
          <>
            <span class={`lamp ${now?.up === false ? 'is-down' : 'is-up'}`} />
            <span class="row-words">
              <span class="row-name">
                {a} – {b}
              </span>
              <span class="row-under">
                {duration(latencyNs)} · {bandwidthBps === null ? 'no limit' : rate(bandwidthBps)}
              </span>
            </span>
            <span class="row-end">
              <span class="row-rate">{rate(now?.loadBps ?? 0)}</span>
              <span class="row-rate">
                {now?.utilization === null || now === undefined ? '' : `${percent(now.utilization)} full`}
              </span>
            </span>
          </>
        );
      }}
    />
  );
}

/** The same for both directions. */
export const linkKey = (from: string, to: string): string => [from, to].sort().join('\n');

export interface LiveLink {
  readonly loadBps: number;
  readonly utilization: number | null;
  readonly up: boolean;
  readonly dropped: number;
}

/** Both directions together; of the utilization, the higher one. */
export function liveLinks(figures: Figures | null): ReadonlyMap<string, LiveLink> {
  const links = new Map<string, LiveLink>();
  for (const { from, to, loadBps, utilization, up, dropped } of figures?.links ?? []) {
    const key = linkKey(from, to);
    const other = links.get(key);
    links.set(key, {
      loadBps: loadBps + (other?.loadBps ?? 0),
      utilization:
        utilization === null && (other?.utilization ?? null) === null
          ? null
          : Math.max(utilization ?? 0, other?.utilization ?? 0),
      up: up && (other?.up ?? true),
      dropped: dropped + (other?.dropped ?? 0),
    });
  }
  return links;
}
