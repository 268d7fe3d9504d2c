/** Ended packets as objects, for people's own functions. For speed, read the columns of a `TraceSink` instead. */
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  FATE_SHIFT,
  FATES,
  Fate,
  type FateName,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  ID,
  type Names,
  PATH,
  SENT_AT,
  SHAPED_AT,
  SIZE,
  type TraceSink,
} from '../sim/index.ts';

/** A row of `packets.csv`; null where the file has an empty field. */
export interface PacketRecord {
  /** Numbers packets in the order in which they came into being, from 1. */
  readonly id: number;
  readonly copyOf: number | null;
  readonly fragmentOf: number | null;
  /** Id of the flow. */
  readonly flow: string | null;
  /** Id of the VM that sent it. */
  readonly from: string;
  /** Id of the VM that it was sent to, or an address that no VM has. */
  readonly to: string;
  /** Ids of the VMs that it was handed towards, joined by `>`. */
  readonly routedTo: string;
  /** The IP packet's length in bytes. */
  readonly size: number;
  readonly sentNs: number;
  /** When it left the last bandwidth stage. */
  readonly shapedNs: number | null;
  readonly deliveredNs: number | null;
  /** When it ended, whatever its fate. */
  readonly endedNs: number;
  readonly fate: FateName;
}

/** `names` is asked when the first packet has ended, not before. */
export function packetSink(tell: (packet: PacketRecord) => void, names: () => Names): TraceSink {
  return {
    ended({ length, packets, ints, doubles }) {
      const { vms, flows, address, path } = bound(names());
      for (let i = 0; i < length; i++) {
        const packet = packets[i]!;
        const int = (column: number): number => ints[packet + column]!;
        const double = (column: number): number => doubles[(packet >> 1) + column]!;
        const fate = int(FLAGS) >>> FATE_SHIFT;
        const shaped = double(SHAPED_AT);
        tell({
          id: double(ID),
          copyOf: double(COPY_OF) || null,
          fragmentOf: double(FRAGMENT_OF) || null,
          flow: flows[int(FLOW)]?.id ?? null,
          from: vms[int(FROM)] ?? '',
          to: int(ADDRESSED) < 0 ? '' : address(int(ADDRESSED)),
          routedTo: path(int(PATH)),
          size: int(SIZE),
          sentNs: double(SENT_AT),
          shapedNs: Number.isNaN(shaped) ? null : shaped,
          deliveredNs: fate === Fate.delivered ? double(ENDED_AT) : null,
          endedNs: double(ENDED_AT),
          fate: FATES[fate] ?? 'in-flight',
        });
      }
    },
  };
}

const bound = (names: Names): Names => ({
  vms: names.vms,
  flows: names.flows,
  address: (id) => names.address(id),
  path: (id) => names.path(id),
});
