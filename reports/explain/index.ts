export { type Explanation, explanationJson, type Origin, type Origins } from './explanation.ts';
export {
  type FoundPacket,
  PacketFinder,
  type RelatedPacket,
  RelatedPackets,
  type Traits as FoundTraits,
  type Wanted,
} from './finder.ts';
export { type Source as ExplainSource, SourceOrigins } from './origins.ts';
export { type ExplainTextOptions, explanationText } from './text.ts';
