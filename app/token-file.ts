/** A file with the token of a server. */
import { UsageError } from './faults.ts';
import { readText } from './files.ts';

const LEAST_TOKEN = 16;

/** @throws {UsageError} */
export function readToken(file: string): string {
  const token = readText(file, 64 * 1024).trim();
  if (token.length >= LEAST_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(
    `--token-file: ${file}: found ${token.length} characters, allowed: ${LEAST_TOKEN} or more printable ASCII characters without spaces, such as openssl rand -hex 32 gives`,
  );
}
