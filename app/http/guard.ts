/**
 * Who is let in. Browsers are the danger: a page of any site can make them send requests to this machine, under a name of its own if
 * it likes (DNS rebinding). So a request has to name this server as its host, and must come from this server's own page or from no page.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { type FieldProblem, HttpProblem } from './problem.ts';

export interface GuardOptions {
  /** What requests have to bear; absent: nothing. */
  readonly token?: string;
  /** Names besides this machine's own, as browsers send them: `lab.example` (whatever port) or `lab.example:8443`. */
  readonly allowedHosts?: readonly string[];
}

export interface Visit {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Where the connection has reached this machine. */
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** Anybody may see it: the page's own files, and whether the server answers. */
  readonly isOpen: boolean;
}

/** Longer ones are no addresses of ours. */
const LONGEST_URL = 8192;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Answers a function that throws an {@link HttpProblem} at whom it does not let in. */
export function guard({ token, allowedHosts = [] }: GuardOptions): (visit: Visit) => void {
  const expected = token === undefined ? undefined : digestOf(token);
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (visit) => {
    if (visit.url.length > LONGEST_URL)
      throw new HttpProblem(414, `the address is longer than ${LONGEST_URL} characters`);
    const host = checkHost(visit, allowed);
    checkOrigin(visit, host, allowed);
    if (expected !== undefined && !visit.isOpen) checkToken(visit.headers.authorization, expected);
  };
}

const forbidden = (problem: FieldProblem): HttpProblem =>
  new HttpProblem(403, 'the request comes from elsewhere', { problems: [problem] });

/** Answers it in lower case. */
function checkHost({ headers, localAddress, localPort }: Visit, allowed: ReadonlySet<string>): string {
  const host = headers.host?.toLowerCase() ?? '';
  const [, name = '', port = '80'] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (allowed.has(host) || (name !== '' && allowed.has(name))) return host;
  const isOurs = name === 'localhost' || isLoopback(name) || isAddress(name, localAddress);
  if (isOurs && Number(port) === localPort) return host;
  throw forbidden({
    path: 'Host',
    found: host === '' ? 'nothing' : shortened(host),
    allowed: `this machine’s address and port, such as localhost:${localPort ?? 80}`,
  });
}

/** A page of the same host and port. Servers in front of this one may speak TLS. */
function checkOrigin({ headers, method }: Visit, host: string, allowed: ReadonlySet<string>): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const isAllowed = allowed.has(host) || allowed.has(host.replace(/:\d+$/, ''));
  const own = [`http://${host}`, ...(isAllowed ? [`https://${host}`] : [])];
  if (origin !== undefined && !own.includes(origin.toLowerCase()))
    throw forbidden({ path: 'Origin', found: shortened(origin), allowed: own.join(' or ') });
  // Browsers that do not send the origin with a form say this.
  const isSame = site === undefined || site === 'same-origin' || site === 'none';
  if (!SAFE_METHODS.has(method) && !isSame)
    throw forbidden({ path: 'Sec-Fetch-Site', found: shortened(String(site)), allowed: 'same-origin' });
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

function checkToken(authorization: string | undefined, expected: Buffer): void {
  const [, token] = BEARER.exec(authorization ?? '') ?? [];
  // Both are of the same length, whatever was sent: how long it takes says nothing.
  if (token !== undefined && timingSafeEqual(digestOf(token), expected)) return;
  throw new HttpProblem(401, token === undefined ? 'a token is needed' : 'this is another token', {
    headers: {
      'WWW-Authenticate': `Bearer realm="netpersona"${token === undefined ? '' : ', error="invalid_token"'}`,
    },
    problems: [
      {
        path: 'Authorization',
        found:
          authorization === undefined ? 'nothing' : token === undefined ? 'something else' : 'another token',
        allowed: 'Bearer and the token that the server was started with',
      },
    ],
  });
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Of 127.0.0.0/8 or ::1; of names only `localhost`. Brackets are allowed. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === 'localhost' || (isIP(name) === 6 && sameAddress(name, '::1'));
}

/** An address cannot be rebound: only names can. */
const isAddress = (host: string, local: string | undefined): boolean =>
  local !== undefined && sameAddress(host.replace(/^\[|\]$/g, ''), local.replace(/^::ffff:(?=\d+\.)/i, ''));

function sameAddress(one: string, other: string): boolean {
  if (isIP(one) === 0 || isIP(one) !== isIP(other)) return false;
  return canonical(one) === canonical(other);
}

const canonical = (address: string): string =>
  new URL(`http://${isIP(address) === 6 ? `[${address.replace(/%.*$/, '')}]` : address}`).hostname;

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
