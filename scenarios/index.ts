export type { Dialect, ImportedPersonality, Note } from './dialects/dialect.ts';
export { type ExportNote, exportTc, type TcExport, tcScript } from './dialects/export-tc.ts';
export { type NamedPersonality, noteText } from './dialects/fragment.ts';
export { dialects, type ImportOptions, type ImportResult, importPersonalities } from './dialects/index.ts';
export { parsePersonality } from './format/body.ts';
export { describeFormat } from './format/describe.ts';
export { describePresets, type PresetLine, seriesLines, shownValue } from './format/describe-presets.ts';
export type {
  Expectation,
  ExpectationLimit,
  ExpectationSubject,
  MetricUnit,
  SubjectKind,
} from './format/expect.ts';
export { METRICS } from './format/expect.ts';
export { nearestName } from './format/findings.ts';
export type { Branches, Node as FormatNode, Shared } from './format/nodes.ts';
export * as nodes from './format/nodes.ts';
export { type Overrides, parseScenario, type Resources, type Scenario } from './format/parse.ts';
export { checkPart, PARTS, parseFields } from './format/part.ts';
export { type Path, parsePath, pathText } from './format/path.ts';
export { upName, upProfile } from './format/personalities.ts';
export { placesOf, type SourcePlace } from './format/places-of.ts';
export {
  loadPresets,
  type Preset,
  type Provenance,
  readPreset,
  writtenFields,
  writtenSeries,
} from './format/presets.ts';
export { formatProblem, formatProblems, type Outcome, type Problem } from './format/problems.ts';
export { POSITIVE_DURATION, publishedQuantity, type Quantity } from './format/quantity.ts';
export { scenarioSchema } from './format/schema/document.ts';
export { type Series, type SeriesPair, seriesPairs, spreadOf } from './format/series.ts';
export { TEMPLATE } from './format/template.ts';
export { parseDuration, parsePacketRate, parseRate, parseSize } from './format/units.ts';
export {
  type PreflightFigures,
  type PreflightReport,
  preflightReport,
  preflightReports,
} from './preflight/index.ts';
export { actionParser } from './session/action-parser.ts';
export { type Leftovers, overlay } from './session/overlay.ts';
export { type SessionOptions, sessionText } from './session/session-text.ts';
