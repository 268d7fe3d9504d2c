/** What became of one packet, and why, as data: its story, the packets around it, and where the deciding lines stand. */
import type { Nanos } from '../../engine/index.ts';
import type {
  EndedEvent,
  FieldFact,
  MadeEvent,
  PersonalityFact,
  Setter,
  StoryEvent,
} from '../../sim/index.ts';
import type { FoundPacket, RelatedPacket } from './finder.ts';

/** Where something is written. */
export interface Origin {
  /** The file's name, as the user knows it; null: it stands in none. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  /** `timeline[3].set.latencyMs`, `personalities.lte.preset`, `--set …`; empty for a default. */
  readonly path: string;
  /** The preset that has the value; null: it is written there. */
  readonly preset: string | null;
}

/** Knows where what a story names is written. */
export interface Origins {
  /** The scenario's own file. */
  readonly file: string;
  /** Null: nowhere, it is the default. */
  ofField(personality: PersonalityFact, field: FieldFact): Origin | null;
  ofAssignment(personality: PersonalityFact): Origin;
  /** Of the change that made a version; null for the first one. */
  ofVersion(personality: PersonalityFact): Origin | null;
  ofEntry(setter: Setter): Origin;
}

export interface Explanation {
  readonly name: string;
  readonly seed: string;
  readonly digest: string;
  /** How many packets there are in all. */
  readonly packets: number;
  readonly packet: FoundPacket;
  readonly related: readonly RelatedPacket[];
  /** Of the packet and of what was made of it, in the order in which they happened. */
  readonly events: readonly StoryEvent[];
  readonly origins: Origins;
  /** What to type for the story of another packet, without its id. */
  readonly command: string;
}

/** The events of one packet. */
export const eventsOf = ({ events }: Explanation, id: number): readonly StoryEvent[] =>
  events.filter(({ packet }) => packet === id);

/** Those made of it, in the order of their ids. */
export const descendantsOf = ({ events, packet }: Explanation): readonly number[] =>
  [...new Set(events.map((event) => event.packet))].filter((id) => id !== packet.id).sort((a, b) => a - b);

export const madeOf = (events: readonly StoryEvent[]): MadeEvent | undefined =>
  events.find((event): event is MadeEvent => event.what === 'made');

export const endOf = (events: readonly StoryEvent[]): EndedEvent | undefined =>
  events.find((event): event is EndedEvent => event.what === 'ended');

/** When it ended; undefined for one that has not. */
export const endedAt = (events: readonly StoryEvent[]): Nanos | undefined => endOf(events)?.at;

/** As JSON: the events as they are, with the origin of what they name. Instants are ns of virtual time. */
export function explanationJson(explanation: Explanation): string {
  const { name, seed, digest, packets, packet, related, events } = explanation;
  const data = {
    scenario: name,
    seed,
    digest,
    packets,
    packet,
    related,
    events: events.map((event) => withOrigins(event, explanation.origins)),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

function withOrigins(event: StoryEvent, origins: Origins): object {
  const personality = 'personality' in event ? event.personality : null;
  return {
    ...event,
    ...(personality === null
      ? {}
      : {
          personality: {
            ...personality,
            assigned: origins.ofAssignment(personality),
            changed: origins.ofVersion(personality),
          },
        }),
    ...('fields' in event && personality !== null
      ? {
          fields: event.fields.map((field) => ({ ...field, origin: origins.ofField(personality, field) })),
        }
      : {}),
    ...('by' in event && event.by !== null ? { by: { ...event.by, origin: origins.ofEntry(event.by) } } : {}),
    ...('partitions' in event
      ? { partitions: event.partitions.map((each) => ({ ...each, origin: origins.ofEntry(each.by) })) }
      : {}),
  };
}
