/** What is selected, and what can be done to it. */
import { usePage, useSelect } from './context.ts';
import { linkKey, liveLinks } from './directory.tsx';
import { Editor } from './editor.tsx';
import { bytes, count, duration, percent, rate } from './format.ts';
import { Icon } from './icons.tsx';
import { fromText } from './page.ts';
import { Shelf } from './shelf.tsx';
import type { AssignmentJson, VmJson } from './types.ts';

export function Inspector() {
  const selection = useSelect((state) => state.selection);
  switch (selection.kind) {
    case 'vm':
      return <VmPanel id={selection.id} key={selection.id} />;
    case 'flow':
      return <FlowPanel id={selection.id} />;
    case 'link':
      return <LinkPanel from={selection.from} to={selection.to} />;
    default:
      return <RunPanel />;
  }
}

function Heading({ kind, name }: { kind: string; name: string }) {
  const page = usePage();
  return (
    <div class="panel-heading">
      <h2>
        <small>{kind}</small> {name}
      </h2>
      <button
        type="button"
        class="icon-only"
        aria-label="Look at the whole run"
        title="Look at the whole run"
        onClick={() => page.selectNothing()}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Figures with names, in rows of as many as fit. */
function Facts({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const sum = (dropped: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(dropped).reduce<number>((all, some) => all + (some ?? 0), 0);

function VmPanel({ id }: { id: string }) {
  const vm = useSelect(({ control }) => control.vms.find((each) => each.id === id));
  const live = useSelect(({ figures }) => figures?.vms.find((each) => each.id === id));
  if (vm === undefined) return <Heading kind="VM" name={id} />;
  return (
    <>
      <Heading kind="VM" name={id} />
      <p class="muted addresses">
        {vm.interfaces.map(({ network, ip }) => `${ip} in ${network}`).join(', ')} · on {vm.host}
        {vm.forwards && ' · forwards'}
        {!vm.up && <strong class="bad"> · off</strong>}
      </p>
      <Facts
        facts={[
          ['arrives', rate(live?.throughputBps ?? 0)],
          ['delay p50', live?.delay ? duration(live.delay.p50) : '–'],
          ['delay p99', live?.delay ? duration(live.delay.p99) : '–'],
          ['waiting', bytes(live?.backlogBytes ?? 0)],
          ['delivered', count(live?.deliveredPackets ?? 0)],
          ['dropped', count(sum(live?.dropped ?? {}))],
        ]}
      />
      <Assignments vm={vm} />
      <VmActions vm={vm} />
      <Panels vm={id} />
    </>
  );
}

function Assignments({ vm }: { vm: VmJson }) {
  const page = usePage();
  const now = useSelect(({ clock }) => Math.floor((clock?.now ?? 0) / 1e8) * 1e8);
  if (vm.assignments.length === 0) {
    return <p class="assignments empty">No personality: packets arrive as the links let them.</p>;
  }
  return (
    <ul class="assignments" aria-label={`Personalities of ${vm.id}`}>
      {vm.assignments.map((assignment) => (
        <li key={JSON.stringify(assignment.from ?? null)}>
          <button
            type="button"
            class="assigned"
            title="Edit"
            onClick={() => page.edit(assignment.personality)}
          >
            <b>{assignment.personality}</b>
            <span class="muted">{conditions(assignment, now)}</span>
          </button>
          <button
            type="button"
            class="icon-only"
            aria-label={`Remove ${assignment.personality}${fromText(assignment.from)} from ${vm.id}`}
            title="Remove"
            onClick={() => page.remove(vm.id, assignment.from)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function conditions({ from, expires }: AssignmentJson, now: number): string {
  const scope = from === undefined ? '' : fromText(from);
  return `${scope}${expires === null ? '' : ` · ${duration(Math.max(0, expires - now))} left`}`;
}

function VmActions({ vm }: { vm: VmJson }) {
  const page = usePage();
  const hosts = useSelect(({ blueprint }) => blueprint?.hosts) ?? [];
  const power = vm.up ? 'off' : 'on';
  return (
    <div class="actions">
      <button
        type="button"
        title="For packets from somewhere, or for a while"
        onClick={() => page.store.set({ dialog: { kind: 'assign', vm: vm.id } })}
      >
        Give …
      </button>
      <button
        type="button"
        onClick={() =>
          page.act(
            `${vm.id} is ${power}`,
            [{ vm: vm.id, power }],
            [{ vm: vm.id, power: vm.up ? 'on' : 'off' }],
          )
        }
      >
        <Icon name="power" />
        <span>Power {power}</span>
      </button>
      {hosts.length > 1 && (
        <select
          aria-label={`Host of ${vm.id}; another one moves it there`}
          value={vm.host}
          onChange={({ currentTarget }) => {
            const host = currentTarget.value;
            page.act(
              `${vm.id} is on ${host}`,
              [{ vm: vm.id, migrate: host }],
              [{ vm: vm.id, migrate: vm.host }],
            );
          }}
        >
          {hosts.map((host) => (
            <option key={host} value={host}>
              {host === vm.host ? `on ${host}` : `move to ${host}`}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** What it can be given, or the personality in the editor. */
function Panels({ vm }: { vm: string | null }) {
  const page = usePage();
  const panel = useSelect((state) => state.panel);
  const editing = useSelect((state) => state.editing);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that can be seen. */}
      <div class="tabs" role="group" aria-label="What to do">
        <button
          type="button"
          aria-pressed={panel === 'give'}
          onClick={() => page.store.set({ panel: 'give' })}
        >
          {vm === null ? 'Personalities' : 'Give it'}
        </button>
        <button
          type="button"
          aria-pressed={panel === 'edit'}
          onClick={() => page.store.set({ panel: 'edit' })}
        >
          Edit{editing !== null && <small> {editing}</small>}
        </button>
      </div>
      {panel === 'give' ? <Shelf vm={vm} /> : <Editor key={editing ?? ''} personality={editing} vm={vm} />}
    </>
  );
}

function RunPanel() {
  const blueprint = useSelect((state) => state.blueprint);
  const totals = useSelect(({ figures }) => figures?.totals);
  if (blueprint === null) return null;
  return (
    <>
      <div class="panel-heading">
        <h2>
          <small>Run</small> {blueprint.name}
        </h2>
      </div>
      {blueprint.description !== undefined && <p class="muted addresses">{blueprint.description}</p>}
      <Facts
        facts={[
          ['delivered', count(totals?.deliveredPackets ?? 0)],
          ['dropped', count(sum(totals?.dropped ?? {}))],
          ['in flight', count(totals?.inFlight ?? 0)],
          ['arrived', bytes(totals?.deliveredBytes ?? 0)],
          ['VMs', count(blueprint.vms.length)],
          ['flows', count(blueprint.flows.length)],
        ]}
      />
      <p class="hint">
        Choose a VM, then click what it should have; or drag a personality onto a VM. <kbd>p</kbd> on a VM
        does it by keyboard.
      </p>
      <Panels vm={null} />
    </>
  );
}

function FlowPanel({ id }: { id: string }) {
  const page = usePage();
  const flow = useSelect(({ blueprint }) => blueprint?.flows.find((each) => each.id === id));
  const live = useSelect(({ figures }) => figures?.flows.find((each) => each.id === id));
  return (
    <>
      <Heading kind="Flow" name={id} />
      <p class="muted addresses">
        {flow?.kind} · {flow?.from} → {flow?.to}
      </p>
      <Facts
        facts={[
          ['throughput', rate(live?.throughputBps ?? 0)],
          ['delay p50', live?.delay ? duration(live.delay.p50) : '–'],
          ['delay p99', live?.delay ? duration(live.delay.p99) : '–'],
          ['rtt p50', live?.rtt ? duration(live.rtt.p50) : '–'],
          ['sent', count(live?.sentPackets ?? 0)],
          ['delivered', count(live?.deliveredPackets ?? 0)],
        ]}
      />
      <div class="actions">
        <button type="button" onClick={() => page.act(`${id} is started`, [{ start: id }])}>
          <Icon name="play" />
          <span>Start</span>
        </button>
        <button type="button" onClick={() => page.act(`${id} is stopped`, [{ stop: id }])}>
          <Icon name="pause" />
          <span>Stop</span>
        </button>
      </div>
      <Reasons dropped={live?.dropped ?? {}} of={id} />
    </>
  );
}

function LinkPanel({ from, to }: { from: string; to: string }) {
  const page = usePage();
  const link = useSelect(({ blueprint }) =>
    blueprint?.links.find(({ between }) => linkKey(...between) === linkKey(from, to)),
  );
  const figures = useSelect((state) => state.figures);
  const live = liveLinks(figures).get(linkKey(from, to));
  const isUp = live?.up ?? true;
  const set = (state: 'up' | 'down') => ({ link: [from, to], state });
  return (
    <>
      <Heading kind="Link" name={`${from} – ${to}`} />
      <Facts
        facts={[
          ['state', isUp ? 'up' : 'down'],
          ['load', rate(live?.loadBps ?? 0)],
          ['full', live?.utilization == null ? '–' : percent(live.utilization)],
          ['latency', duration(link?.latencyNs ?? 0)],
          ['bandwidth', link?.bandwidthBps == null ? 'no limit' : rate(link.bandwidthBps)],
          ['dropped', count(live?.dropped ?? 0)],
        ]}
      />
      <div class="actions">
        <button
          type="button"
          onClick={() =>
            page.act(
              `the link ${from} – ${to} is ${isUp ? 'down' : 'up'}`,
              [set(isUp ? 'down' : 'up')],
              [set(isUp ? 'up' : 'down')],
            )
          }
        >
          <Icon name="power" />
          <span>{isUp ? 'Take it down' : 'Bring it up'}</span>
        </button>
      </div>
    </>
  );
}

/** Why packets were dropped. */
export function Reasons({ dropped, of }: { dropped: Readonly<Partial<Record<string, number>>>; of: string }) {
  const reasons = Object.entries(dropped)
    .filter(([, packets]) => (packets ?? 0) > 0)
    .sort(([, one], [, other]) => (other ?? 0) - (one ?? 0));
  const all = sum(dropped);
  if (all === 0) return <p class="empty">Nothing was dropped.</p>;
  return (
    <table class="reasons">
      <caption class="hidden">Dropped packets of {of}, by reason</caption>
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col" class="number">
            Packets
          </th>
          <th scope="col" class="number">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {reasons.map(([reason, packets]) => (
          <tr key={reason}>
            <th scope="row">{reason}</th>
            <td class="number">{count(packets ?? 0)}</td>
            <td class="number">
              <meter min={0} max={1} value={(packets ?? 0) / all} aria-hidden="true" />
              {percent((packets ?? 0) / all)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
