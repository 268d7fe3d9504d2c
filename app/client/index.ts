/** `import { connect } from 'netpersona/client'`: a served run, commanded by a program. */
export {
  type AssignOptions,
  Client,
  type ConnectOptions,
  connect,
  type EventOptions,
  type ServerEvent,
  type VersionOptions,
} from './client.ts';
export { ApiError } from './errors.ts';
export type * from './types.ts';
