/** The charts as numbers, for those who would rather read: the newest looks first. */
import type { Chart } from './chart-data.ts';
import { instant } from './format.ts';
import { figure } from './units.ts';

const MOST_ROWS = 120;

export function ChartTable({ charts }: { charts: readonly Chart[] }) {
  const x = charts[0]?.x ?? new Float64Array();
  const rows = Array.from({ length: Math.min(MOST_ROWS, x.length) }, (_, n) => x.length - 1 - n);
  const filled = charts
    .map((chart) => ({ ...chart, lines: chart.lines.filter(({ isLimit }) => isLimit !== true) }))
    .filter(({ lines }) => lines.length > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section class="charts-table scroll" tabIndex={0} aria-label="Values over time">
      <table>
        <caption>
          The last {rows.length} of {x.length} points
        </caption>
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              Until
            </th>
            {filled.map(({ key, title, lines }) => (
              <th key={key} scope="colgroup" colSpan={lines.length}>
                {title}
              </th>
            ))}
          </tr>
          <tr>
            {filled.flatMap((chart) =>
              chart.lines.map(({ key, label }) => (
                <th key={`${chart.key} ${key}`} scope="col" class="number">
                  {label}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={x[row]}>
              <th scope="row">{instant(x[row] ?? 0)}</th>
              {filled.flatMap((chart) =>
                chart.lines.map(({ key, y }) => (
                  <td key={`${chart.key} ${key}`} class="number">
                    {figure(chart.quantity, y[row] ?? null)}
                  </td>
                )),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
