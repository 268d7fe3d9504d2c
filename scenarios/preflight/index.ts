export { type PreflightFigures, preflight, type QueueFigures } from './figures.ts';
export { sentence as preflightSentence, warnings as preflightWarnings } from './words.ts';
