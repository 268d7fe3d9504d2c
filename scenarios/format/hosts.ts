/** Physical hosts and the links between them. */
import type { LinkSpec } from '../../sim/index.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { amount, isMapping, list, mapping, type Raw, text } from './raw.ts';

export function readHosts(document: Raw, findings: Findings): readonly string[] {
  const hosts: string[] = [];
  list(document['hosts']).forEach((value, index) => {
    const id = text(isMapping(value) ? value['id'] : value);
    if (id === undefined) return;
    const at: Path = isMapping(value) ? ['hosts', index, 'id'] : ['hosts', index];
    if (hosts.includes(id)) findings.add(at, id, 'an id that no other host has');
    else hosts.push(id);
  });
  return document['hosts'] === undefined ? ['host'] : hosts;
}

export function readLinks(document: Raw, hosts: readonly string[], findings: Findings): readonly LinkSpec[] {
  const known = new Set<string>();
  const links: LinkSpec[] = [];
  list(document['links']).forEach((value, index) => {
    const raw = mapping(value);
    const between = readHostPair(raw['between'], ['links', index, 'between'], hosts, findings);
    if (between === undefined) return;
    const key = linkKey(between);
    if (known.has(key)) {
      findings.add(
        ['links', index, 'between'],
        words(between.join(', ')),
        'two hosts that no other link joins',
      );
    }
    known.add(key);
    links.push({
      between,
      latency: Math.round(amount({ measure: 'nanos' }, raw['latencyMs'], 0)),
      bandwidth: amount({ measure: 'bits' }, raw['bandwidthKbps'], Infinity),
      queuePackets: amount({ measure: 'count' }, raw['queuePackets'], Infinity),
    });
  });
  return links;
}

/** The same for both directions. */
export const linkKey = (between: readonly [string, string]): string => [...between].sort().join('\n');

/** Two different hosts; undefined and reported otherwise. */
export function readHostPair(
  value: unknown,
  at: Path,
  hosts: readonly string[],
  findings: Findings,
): readonly [string, string] | undefined {
  if (!Array.isArray(value)) return undefined;
  const [from, to] = value;
  if (value.length !== 2) {
    findings.add(at, value, 'the ids of two hosts');
    return undefined;
  }
  if (typeof from !== 'string' || typeof to !== 'string') return undefined;
  let known = true;
  value.forEach((host: string, index) => {
    if (hosts.includes(host)) return;
    known = false;
    findings.unknown([...at, index], host, 'the id of a host', hosts);
  });
  if (!known) return undefined;
  if (from === to) {
    findings.add(at, words(`${from} twice`), 'two different hosts');
    return undefined;
  }
  return [from, to];
}
