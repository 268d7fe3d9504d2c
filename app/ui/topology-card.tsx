/** A VM in the picture: its name, its personality, what arrives and what is lost. */
import { Glyph } from './glyph.tsx';
import { networkColour } from './topology-graph.ts';
import { TREND, type VmView } from './topology-model.ts';
import { figure } from './units.ts';

interface CardProps {
  readonly vm: VmView;
  readonly networks: readonly string[];
}

export function VmCard({ vm, networks }: CardProps) {
  const { id, up, assignment, fields, others, throughputBps, trend, dropped, isDropping } = vm;
  return (
    <>
      <span class="vm-networks">
        {vm.networks.map((network) => (
          <span key={network} style={{ background: `var(--${networkColour(networks.indexOf(network))})` }} />
        ))}
      </span>
      <span class="vm-line">
        <b class="vm-name">{id}</b>
        {dropped > 0 && (
          <span class={`vm-drops ${isDropping ? 'is-news' : ''}`}>
            {'\u2717'} {dropped > 99_999 ? '99k+' : dropped}
          </span>
        )}
      </span>
      <span class="vm-line vm-personality">
        {assignment === undefined ? (
          <span class="muted">no personality</span>
        ) : (
          <>
            <Glyph fields={fields} />
            <span class="vm-name">{assignment.personality}</span>
            {others > 0 && <span class="muted">+{others}</span>}
          </>
        )}
      </span>
      <span class="vm-line">
        {up ? (
          <>
            <Trend values={trend} />
            <span class="vm-rate">{figure('rate', throughputBps)}</span>
          </>
        ) : (
          <span class="vm-off">off</span>
        )}
      </span>
    </>
  );
}

const WIDTH = 60;
const HEIGHT = 14;

/** The last seconds of throughput; as high as the most of it. */
function Trend({ values }: { values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const points = values.map((value, n) => {
    const x = ((TREND - values.length + n) / (TREND - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`;
  });
  return (
    <svg
      class="vm-trend"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
      focusable="false"
    >
      <polyline points={points.join(' ')} />
    </svg>
  );
}
