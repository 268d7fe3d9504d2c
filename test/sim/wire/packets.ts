/** Arbitrary packets for the properties: valid headers, any payload. */
import { fc } from '@fast-check/vitest';
import { encodeIpv4, encodeIpv6, Protocol } from '../../../sim/wire/index.ts';
import { join } from '../../support/captures.ts';
import { ip } from './substrate-map.ts';

const octet = fc.nat(255);
const word = fc.nat(65535);
const data = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 1600 }));
/** The two zeros of the checksum are rare in nature, and the reason for half of the rules. */
const protocol = fc.oneof(fc.constantFrom(...Object.values(Protocol)), octet);

/** Sets one 16-bit word of the payload to a zero of either kind, so that checksum fields meet them. */
const payload = fc
  .tuple(data, fc.constantFrom(-1, 2, 6, 16), fc.constantFrom(0, 0xff))
  .map(([bytes, at, zero]) => (at >= 0 && at + 2 <= bytes.length ? bytes.fill(zero, at, at + 2) : bytes));

export const ipv4Packet = fc
  .record({
    tos: octet,
    identification: word,
    reservedFlag: fc.boolean(),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.oneof(
      fc.constant(0),
      fc.nat(7000).map((units) => units * 8),
    ),
    ttl: octet,
    protocol,
    source: fc.constant(ip('10.0.0.1').value),
    destination: fc.constant(ip('10.0.0.2').value),
    options: fc.nat(10).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
    payload,
  })
  .map((fields) => {
    const bytes = new Uint8Array(20 + fields.options.length + fields.payload.length);
    bytes.set(fields.payload, encodeIpv4({ ...fields, payloadLength: fields.payload.length }, bytes, 0));
    return bytes;
  });

/** Extension headers with whatever inside, well-formed in length only. */
const extension = fc.record({
  protocol: fc.constantFrom(
    Protocol.hopByHop,
    Protocol.destinationOptions,
    Protocol.routing,
    Protocol.fragment,
  ),
  body: fc.nat(2).chain((units) => fc.uint8Array({ minLength: units * 8 + 6, maxLength: units * 8 + 6 })),
});

export const ipv6Packet = (source: string, destination: string): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      trafficClass: octet,
      flowLabel: fc.nat(0xfffff),
      hopLimit: octet,
      extensions: fc.array(extension, { maxLength: 3 }),
      // Hop-by-Hop Options, which come first or never, are among the extensions.
      protocol: protocol.filter((last) => last !== Protocol.hopByHop),
      payload,
    })
    .map(({ trafficClass, flowLabel, hopLimit, extensions, protocol: last, payload: rest }) => {
      const chain = [...extensions.map((header) => header.protocol), last];
      const headers = extensions.map(({ protocol: kind, body }, i) => {
        const whole = kind === Protocol.fragment ? body.subarray(0, 6) : body;
        return join(Uint8Array.of(chain[i + 1] ?? 0, (whole.length + 2) / 8 - 1), whole);
      });
      const body = join(...headers, rest);
      const bytes = new Uint8Array(40 + body.length);
      const addresses = { source: ip(source).value, destination: ip(destination).value };
      const fields = {
        trafficClass,
        flowLabel,
        hopLimit,
        payloadLength: body.length,
        nextHeader: chain[0] ?? 59,
      };
      bytes.set(body, encodeIpv6({ ...fields, ...addresses }, bytes, 0));
      return bytes;
    });
