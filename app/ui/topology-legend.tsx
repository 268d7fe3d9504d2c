/** What colours, dashes and shapes mean. */
import { DASHES, networkColour } from './topology-graph.ts';
import type { Layout } from './topology-layout.ts';

interface LegendProps {
  readonly networks: readonly { readonly id: string; readonly subnet: string }[];
  readonly mode: Layout['mode'];
  readonly hasLinks: boolean;
}

const MOST_NETWORKS = 6;

export function Legend({ networks, mode, hasLinks }: LegendProps) {
  return (
    <ul class="topology-legend" aria-label="Legend">
      {networks.slice(0, MOST_NETWORKS).map(({ id, subnet }, n) => (
        <li key={id} title={subnet}>
          <span class="legend-network" style={{ background: `var(--${networkColour(n)})` }} />
          {id}
        </li>
      ))}
      {networks.length > MOST_NETWORKS && <li>{networks.length - MOST_NETWORKS} more networks</li>}
      {hasLinks && (
        <>
          <Line kind="active" words="link" />
          <Line kind="full" words="80 % full" />
          <Line kind="lossy" words="loses packets" dashes={DASHES.lossy} />
          <Line kind="down" words="down" dashes={DASHES.down} />
        </>
      )}
      {mode === 'cells' && (
        <>
          <li>
            <span class="legend-cells">
              {[0, 1, 2, 3, 4].map((level) => (
                <i key={level} class={`level-${level}`} />
              ))}
            </span>
            0 to 10 Mbit/s and more
          </li>
          <li>
            <span class="legend-diamond" />
            drops
          </li>
        </>
      )}
    </ul>
  );
}

function Line({ kind, words, dashes }: { kind: string; words: string; dashes?: readonly number[] }) {
  return (
    <li>
      <svg viewBox="0 0 26 8" width="26" height="8" aria-hidden="true" focusable="false">
        <line x1="1" y1="4" x2="25" y2="4" class={`legend-${kind}`} stroke-dasharray={dashes?.join(' ')} />
      </svg>
      {words}
    </li>
  );
}
