/** A tiny writer of captures, so that the reader's tests can say what is in a file. */

export interface Frame {
  readonly seconds: number;
  /** Microseconds or nanoseconds, as the file has them. */
  readonly fraction: number;
  readonly data: Uint8Array;
  /** Bytes on the wire; by default all were captured. */
  readonly original?: number;
}

export interface ClassicOptions {
  readonly little?: boolean;
  readonly nanos?: boolean;
  readonly linkType?: number;
}

export function classicCapture(frames: readonly Frame[], options: ClassicOptions = {}): Uint8Array {
  const { little = true, nanos = false, linkType = 1 } = options;
  const file = words(
    [nanos ? 0xa1b23c4d : 0xa1b2c3d4, little ? 0x0004_0002 : 0x0002_0004, 0, 0, 65535, linkType],
    little,
  );
  const records = frames.map(({ seconds, fraction, data, original = data.length }) =>
    join(words([seconds, fraction, data.length, original], little), data),
  );
  return join(file, ...records);
}

/** A pcapng block: its body is padded to 4 octets. */
export function block(type: number, body: Uint8Array, little = true): Uint8Array {
  const padded = pad(body);
  const length = padded.length + 12;
  return join(words([type, length], little), padded, words([length], little));
}

export const sectionBlock = (little = true): Uint8Array =>
  block(
    0x0a0d0d0a,
    join(words([0x1a2b3c4d], little), halves([1, 0], little), words([0xffffffff, 0xffffffff], little)),
    little,
  );

export function interfaceBlock(
  linkType: number,
  options: Uint8Array = new Uint8Array(0),
  snap = 0,
  little = true,
): Uint8Array {
  return block(1, join(halves([linkType, 0], little), words([snap], little), options), little);
}

export const option = (code: number, data: Uint8Array, little = true): Uint8Array =>
  join(halves([code, data.length], little), pad(data));

export function enhancedPacket(
  device: number,
  ticks: bigint,
  data: Uint8Array,
  little = true,
  original = data.length,
): Uint8Array {
  const high = Number(ticks >> 32n);
  const low = Number(ticks & 0xffffffffn);
  return block(6, join(words([device, high, low, data.length, original], little), data), little);
}

export const simplePacket = (data: Uint8Array, original = data.length, little = true): Uint8Array =>
  block(3, join(words([original], little), data), little);

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function words(values: readonly number[], little: boolean): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  values.forEach((value, i) => {
    new DataView(bytes.buffer).setUint32(i * 4, value, little);
  });
  return bytes;
}

function halves(values: readonly number[], little: boolean): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  values.forEach((value, i) => {
    new DataView(bytes.buffer).setUint16(i * 2, value, little);
  });
  return bytes;
}

function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return padded;
}
