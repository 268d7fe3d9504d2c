import { PacketFlag, type PacketId, type PacketPool } from '../../../sim/packet.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import { Xoshiro } from '../../support/xoshiro.ts';
import { send } from '../channel.ts';
import { all, MILLION, MS, type Proof, type Verdict } from '../proof.ts';

const source = new Xoshiro(791);
/** Bytes of each packet: 21 to 4000. */
const SIZES = Int32Array.from({ length: MILLION }, () => 21 + source.below(3980));

const proof = (
  profile: Profile,
  promise: string,
  from: string,
  measure: (profile: Profile) => Verdict,
): Proof => ({
  stage: 'mtu',
  profile,
  traffic: '21 to 4000 bytes',
  packets: MILLION,
  promise,
  source: from,
  measure: () => measure(profile),
});

/** Bytes of data in every fragment but the last: a multiple of 8 behind a header of 20 bytes. */
const runOf = (mtu: number): number => Math.floor((mtu - 20) / 8) * 8;

const fragmentsOf = (size: number, mtu: number): number =>
  size <= mtu ? 1 : Math.ceil((size - 20) / runOf(mtu));

/** Every fragment, as RFC 791 cuts it; they come in order. */
function fragments(profile: Profile, mtu: number): Verdict {
  const seen = new Uint16Array(MILLION);
  const right = new Uint8Array(MILLION).fill(1);
  const observe = (packets: PacketPool, packet: PacketId, fate: number): void => {
    if (fate !== Fate.delivered) return;
    const seq = packets.seq(packet);
    const size = SIZES[seq]!;
    const place = seen[seq]!;
    seen[seq]! += 1;
    const count = fragmentsOf(size, mtu);
    const isLast = place === count - 1;
    const length = count === 1 ? size : isLast ? size - (count - 1) * runOf(mtu) : 20 + runOf(mtu);
    const isRight =
      packets.size(packet) === length &&
      packets.offset(packet) === place * runOf(mtu) &&
      packets.has(packet, PacketFlag.moreFragments) === !isLast;
    if (!isRight) right[seq] = 0;
  };
  send({ profile, packets: MILLION, gap: MS, size: (seq) => SIZES[seq]!, observe });
  return all(MILLION, (seq) => right[seq] === 1 && seen[seq] === fragmentsOf(SIZES[seq]!, mtu));
}

/** Whoever is too long and must not be cut is dropped, and its sender told the limit. */
function refusals(profile: Profile, mtu: number, flags: number, isIpv6: boolean): Verdict {
  const told = new Uint16Array(MILLION);
  const { fate } = send({
    profile,
    packets: MILLION,
    gap: MS,
    size: (seq) => SIZES[seq]!,
    flags,
    surroundings: (packets) => ({
      isIpv6: () => isIpv6,
      answerTooBig: (packet, limit) => {
        told[packets.seq(packet)] = limit;
      },
    }),
  });
  return all(MILLION, (seq) =>
    SIZES[seq]! > mtu
      ? fate[seq] === Fate.mtu && told[seq] === mtu
      : fate[seq] === Fate.delivered && told[seq] === 0,
  );
}

export const proofs: readonly Proof[] = [
  ...[1400, 576].map((mtu) =>
    proof(
      { mtu },
      `Fragments: lengths, offsets and flags of all. Data in runs of ${runOf(mtu)} bytes.`,
      'RFC 791, by hand',
      (profile) => fragments(profile, mtu),
    ),
  ),
  proof(
    { mtu: 1400 },
    'With DF the longer ones are dropped, and their senders told 1400.',
    'RFC 1191',
    (profile) => refusals(profile, 1400, PacketFlag.dontFragment, false),
  ),
  proof(
    { mtu: 1280 },
    'IPv6: the longer ones are dropped, and their senders told 1280.',
    'RFC 8201',
    (profile) => refusals(profile, 1280, 0, true),
  ),
];
