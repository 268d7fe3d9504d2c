export * from '../client/event-stream.ts';
