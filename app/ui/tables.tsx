/** The pictures in words: what the topology and the charts show, for those who would rather read it. */
import { useSelect } from './context.ts';
import { linkKey, liveLinks } from './directory.tsx';
import { bytes, count, duration, instant, percent, rate } from './format.ts';
import { fromText } from './page.ts';

const MOST_ROWS = 500;

export function TopologyTable() {
  const blueprint = useSelect((state) => state.blueprint);
  const vms = useSelect(({ control }) => control.vms);
  const figures = useSelect((state) => state.figures);
  if (blueprint === null) return null;
  const links = liveLinks(figures);
  const live = new Map((figures?.vms ?? []).map((vm) => [vm.id, vm]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section class="scroll tables" tabIndex={0} aria-label="Topology as tables">
      <table>
        <caption>VMs</caption>
        <thead>
          <tr>
            <th scope="col">VM</th>
            <th scope="col">Host</th>
            <th scope="col">Addresses</th>
            <th scope="col">Personalities</th>
            <th scope="col" class="number">
              Arrives
            </th>
          </tr>
        </thead>
        <tbody>
          {vms.slice(0, MOST_ROWS).map(({ id, host, up, interfaces, assignments }) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td>{up ? host : `${host}, off`}</td>
              <td>{interfaces.map(({ network, ip }) => `${ip} in ${network}`).join(', ')}</td>
              <td>
                {assignments.map(({ personality, from }) => `${personality}${fromText(from)}`).join(', ') ||
                  'none'}
              </td>
              <td class="number">{rate(live.get(id)?.throughputBps ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {vms.length > MOST_ROWS && (
        <p class="muted">{count(vms.length - MOST_ROWS)} more: find them in the list.</p>
      )}
      {blueprint.links.length > 0 && (
        <table>
          <caption>Links</caption>
          <thead>
            <tr>
              <th scope="col">Between</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Latency
              </th>
              <th scope="col" class="number">
                Load
              </th>
              <th scope="col" class="number">
                Full
              </th>
              <th scope="col" class="number">
                Dropped
              </th>
            </tr>
          </thead>
          <tbody>
            {blueprint.links.map(({ between: [a, b], latencyNs }) => {
              const link = links.get(linkKey(a, b));
              return (
                <tr key={linkKey(a, b)}>
                  <th scope="row">
                    {a} – {b}
                  </th>
                  <td>{link?.up === false ? 'down' : 'up'}</td>
                  <td class="number">{duration(latencyNs)}</td>
                  <td class="number">{rate(link?.loadBps ?? 0)}</td>
                  <td class="number">{link?.utilization == null ? '–' : percent(link.utilization)}</td>
                  <td class="number">{count(link?.dropped ?? 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The present figures of every flow and of the VM or flow that is selected. */
export function FiguresTable() {
  const figures = useSelect((state) => state.figures);
  if (figures === null) return null;
  const rows = [
    ...figures.flows.map((flow) => ({
      ...flow,
      kind: 'flow',
      backlogBytes: null,
      times: flow.rtt ?? flow.delay,
    })),
    ...figures.vms.map((vm) => ({ ...vm, kind: 'VM', times: vm.delay })),
  ].slice(0, MOST_ROWS);
  const quantile = (value: number | undefined) => (value === undefined ? '–' : duration(value));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section class="scroll tables" tabIndex={0} aria-label="Charts as a table">
      <table>
        <caption>
          From {instant(figures.start)} to {instant(figures.end)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col" class="number">
              Throughput
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col" class="number">
              p99
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="number">
              Dropped so far
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, kind, throughputBps, times, backlogBytes, dropped }) => (
            <tr key={`${kind} ${id}`}>
              <th scope="row">
                {id} <small class="muted">{kind}</small>
              </th>
              <td class="number">{rate(throughputBps)}</td>
              <td class="number">{quantile(times?.p50)}</td>
              <td class="number">{quantile(times?.p95)}</td>
              <td class="number">{quantile(times?.p99)}</td>
              <td class="number">{backlogBytes === null ? '–' : bytes(backlogBytes)}</td>
              <td class="number">{count(Object.values(dropped).reduce((all, some) => all + some, 0))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
