/**
 * A reader of pcapng written from draft-ietf-opsawg-pcapng alone, for little-endian sections of one kind of block after the other. It
 * shares no code with the writer or with `readCapture`, and objects to whatever the draft does not allow.
 */

export interface MiniInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly options: ReadonlyMap<number, readonly Buffer[]>;
}

export interface MiniPacket {
  readonly interfaceId: number;
  readonly time: number;
  readonly original: number;
  readonly bytes: Buffer;
  readonly options: ReadonlyMap<number, readonly Buffer[]>;
  readonly comment: string;
}

export interface MiniCapture {
  readonly section: ReadonlyMap<number, readonly Buffer[]>;
  readonly interfaces: readonly MiniInterface[];
  readonly packets: readonly MiniPacket[];
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export function readMini(file: Buffer): MiniCapture {
  let section: ReadonlyMap<number, readonly Buffer[]> | undefined;
  const interfaces: MiniInterface[] = [];
  const packets: MiniPacket[] = [];
  for (let at = 0; at < file.length; ) {
    // 3.1: type, total length, body, total length again; a multiple of 4.
    check(file.length - at >= 12, `a block at ${at} is cut off`);
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    check(length % 4 === 0 && length >= 12 && at + length <= file.length, `a block of ${length} at ${at}`);
    check(file.readUInt32LE(at + length - 4) === length, `the block at ${at} ends with another length`);
    const body = file.subarray(at + 8, at + length - 4);
    if (at === 0) {
      check(type === 0x0a0d0d0a, 'a file begins with a Section Header Block');
      check(body.readUInt32LE(0) === 0x1a2b3c4d, 'the byte-order magic');
      check(body.readUInt16LE(4) === 1 && body.readUInt16LE(6) === 0, 'version 1.0');
      check(body.readBigInt64LE(8) === -1n, 'a section of unknown length');
      section = readOptions(body.subarray(16));
    } else if (type === 1) {
      check(body.readUInt16LE(2) === 0, 'the reserved field is 0');
      interfaces.push({
        linkType: body.readUInt16LE(0),
        snapLength: body.readUInt32LE(4),
        options: readOptions(body.subarray(8)),
      });
    } else {
      check(type === 6, `a block of type ${type}`);
      packets.push(readPacket(body, interfaces));
    }
    at += length;
  }
  check(section !== undefined, 'no section');
  return { section, interfaces, packets };
}

/** 4.3: interface, time stamp (high, low), captured and original length, data padded with 0 to 32 bits, options. */
function readPacket(body: Buffer, interfaces: readonly MiniInterface[]): MiniPacket {
  const interfaceId = body.readUInt32LE(0);
  const captured = body.readUInt32LE(12);
  const device = interfaces[interfaceId];
  check(device !== undefined, `a packet of interface ${interfaceId} before its description`);
  check(captured <= device.snapLength, 'more than the snap length');
  const rest = 20 + Math.ceil(captured / 4) * 4;
  check(isZero(body.subarray(20 + captured, rest)), 'padding is 0');
  const options = readOptions(body.subarray(rest));
  return {
    interfaceId,
    time: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
    original: body.readUInt32LE(16),
    bytes: body.subarray(20, 20 + captured),
    options,
    comment: options.get(1)?.[0]?.toString('utf8') ?? '',
  };
}

/** 3.5: code, length without padding, value padded to 32 bits; the last one is opt_endofopt. */
function readOptions(bytes: Buffer): ReadonlyMap<number, readonly Buffer[]> {
  const values = new Map<number, Buffer[]>();
  for (let at = 0; ; ) {
    check(bytes.length - at >= 4, 'options without an end');
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (code === 0) {
      check(length === 0 && at + 4 === bytes.length, 'the end of options is the end of the block');
      return values;
    }
    const end = at + 4 + length;
    const next = at + 4 + Math.ceil(length / 4) * 4;
    check(next <= bytes.length && isZero(bytes.subarray(end, next)), 'an option that leaves its block');
    values.set(code, [...(values.get(code) ?? []), bytes.subarray(at + 4, end)]);
    at = next;
  }
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
