/** Made from the definitions of the stages; `npm run docs` writes it anew. */

/** A personality as it is written: what is absent does nothing, or has its default. */
export interface PersonalityFields {
  /** The name of a preset, whose values the others override. */
  readonly preset?: string;
  /** Static: the predefined way. Dynamic: the least loaded candidate. Chaotic: sometimes a random address. */
  readonly routingProfile?: 'Static' | 'Dynamic' | 'Chaotic';
  readonly routing?: {
    /** Chaotic: chance per packet that its destination becomes a random valid address. (0 to 1) */
    readonly chaosProbability?: number;
    /** Chaotic: addresses of live VMs, or every usable address of the destination's subnet. */
    readonly chaosScope?: 'assigned' | 'subnet';
    /** Dynamic: load is averaged exponentially over this time. (ms, or a text with a unit) */
    readonly loadWindowMs?: number | string;
    /** Dynamic: the choice moves only when the best is better by this share. */
    readonly hysteresis?: number;
  };
  /** Largest IP packet that passes unfragmented; at least 1280 in IPv6 networks (RFC 8200). (bytes, or a text with a unit) */
  readonly mtu?: number | string;
  /** true: what Linux's netem would do with these values, instead of what they say: correlation changes loss rates, jitter reorders, delayed packets count towards bandwidth.queuePackets (limit, default 1000), bandwidthKbps acts behind the delay. Lengths are IP packets'; bandwidth.overheadBytes: 14 is Ethernet. */
  readonly netemCompat?: boolean;
  /** Chance that a packet is discarded. Of loss.model burst and generalIntuitive: the share of packets lost in the long run. (0 to 1) */
  readonly packetLossPercentage?: number;
  readonly loss?: {
    /** Who is lost. random: Each packet is lost with the same chance. gilbertElliott: A good and a bad state, each with its own chance of loss; packets are lost in bursts. burst: A share of the packets is lost, in bursts of a mean length. markov4: Four states: gaps, losses and receptions within bursts, and lone losses. generalIntuitive: A share of the packets is lost: alone, or in bursts with a mean length and density. nth: Every n-th packet is lost. list: Exactly the listed packets are lost. match: Packets that fulfil all given conditions are lost. */
    readonly model?:
      | 'random'
      | 'gilbertElliott'
      | 'burst'
      | 'markov4'
      | 'generalIntuitive'
      | 'nth'
      | 'list'
      | 'match';
    /** random: how much a packet's luck resembles that of the one before. The share of lost packets stays what it is. (0 to 1) */
    readonly correlation?: number;
    /** gilbertElliott: chance to go from good to bad, per packet. (0 to 1) */
    readonly p?: number;
    /** gilbertElliott: chance to go from bad to good, per packet; default: 1 - p. (0 to 1) */
    readonly r?: number;
    /** gilbertElliott: chance that a packet gets through in the bad state (netem takes 1-h). (0 to 1) */
    readonly h?: number;
    /** gilbertElliott: chance that a packet gets through in the good state (netem takes 1-k). (0 to 1) */
    readonly k?: number;
    /** burst: mean number of packets lost in a row. generalIntuitive: mean number of packets from the first to the last loss of a burst. */
    readonly meanBurst?: number;
    /** markov4: chance that a burst of losses begins, per packet between bursts. (0 to 1) */
    readonly p13?: number;
    /** markov4: chance that a burst ends, per packet after a loss in it; default: 1 - p13. (0 to 1) */
    readonly p31?: number;
    /** markov4: chance that a packet gets through within a burst, after a loss. (0 to 1) */
    readonly p32?: number;
    /** markov4: chance of the next loss within a burst, after a packet that got through. (0 to 1) */
    readonly p23?: number;
    /** markov4: chance of a lone loss, per packet between bursts. (0 to 1) */
    readonly p14?: number;
    /** generalIntuitive: share of packets lost within a burst. (0 to 1) */
    readonly density?: number;
    /** generalIntuitive: share of the packets between bursts that are lost, each alone. (0 to 1) */
    readonly isolated?: number;
    /** generalIntuitive: mean number of packets in a row that get through within a burst. */
    readonly meanGoodRun?: number;
    /** nth: of so many packets the last one is lost. */
    readonly every?: number;
    /** nth: so many packets get through before the counting begins. */
    readonly offset?: number;
    /** list: numbers of the packets that are lost, the first packet that comes here being 1. */
    readonly packets?: readonly number[];
    /** match: packets of this traffic. */
    readonly matchFlow?: string;
    /** match: only the first so many packets of each flow that come here, whatever their length. */
    readonly matchFirst?: number;
    /** match: IP packets longer than this. (bytes, or a text with a unit) */
    readonly matchLongerThan?: number | string;
    /** Packets that can say so (ECN-capable transport, RFC 3168) are marked "congestion experienced" instead of lost. */
    readonly ecn?: boolean;
  };
  /** Chance that one extra copy is made. (0 to 1) */
  readonly duplicatePacketPercentage?: number;
  readonly duplicate?: {
    /** How much the draw for a packet resembles the one before: copies come in runs, as many as without. (0 to 1) */
    readonly correlation?: number;
  };
  readonly corrupt?: {
    /** Chance that bits of a packet flip. (0 to 1) */
    readonly percentage?: number;
    /** How much the draw for a packet resembles the one before: damaged packets come in runs, as many as without. (0 to 1) */
    readonly correlation?: number;
    /** So many different bits of the packet flip. None of them is in a length, a type or a checksum. */
    readonly bits?: number;
    /** header: of the IP header (in IPv6, of the addresses). payload: of what follows it. A packet goes where it would have gone. */
    readonly where?: 'any' | 'header' | 'payload';
    /** Checksums are made right again: the receiver does not notice. Of fragments it does. */
    readonly silent?: boolean;
  };
  readonly outage?: {
    /** From the end of one outage in which packets are dropped to the beginning of the next, in ms; the link begins up. (ms, or a text with a unit) */
    readonly dropEvery?: number | string;
    /** How long such an outage lasts, in ms. (ms, or a text with a unit) */
    readonly dropFor?: number | string;
    /** From the end of one outage in which packets are held to the beginning of the next, in ms; the link begins up. (ms, or a text with a unit) */
    readonly holdEvery?: number | string;
    /** How long such an outage lasts, in ms; then what was held goes on at once, in order. (ms, or a text with a unit) */
    readonly holdFor?: number | string;
    /** fixed: always so long. exponential: on average. */
    readonly law?: 'fixed' | 'exponential';
  };
  /** Rate towards the VM in kbit/s (1 kbit = 1,000 bit), counted on IP packets; absent: no limit. Rounded to whole bit/s. (kbit/s, or a text with a unit) */
  readonly bandwidthKbps?: number | string;
  readonly bandwidth?: {
    /** tokenBucket: packets leave as soon as there are tokens. serialize: a wire, each packet takes size/rate. */
    readonly model?: 'tokenBucket' | 'serialize';
    /** The token bucket's depth; default: one MTU, with slots what the rate brings in the longest of them if that is more. (bytes, or a text with a unit) */
    readonly burstBytes?: number | string;
    /** So many bytes may wait. Default, unless another queue limit is given: 1.5 x rate x max(100 ms, 2 x latency), at least 30 packets. (bytes, or a text with a unit) */
    readonly queueBytes?: number | string;
    /** So many packets may wait. */
    readonly queuePackets?: number;
    /** So long a queue may be at the present rate, in ms of sending. (ms, or a text with a unit) */
    readonly queueMs?: number | string;
    /** Rate within the token bucket's bursts, by a second bucket of one MTU (RFC 2698, tc-tbf); absent: bursts leave at once. (kbit/s, or a text with a unit) */
    readonly peakKbps?: number | string;
    /** Bytes that each packet takes on the link beside the IP packet, such as 38 for Ethernet; may be negative. */
    readonly overheadBytes?: number;
    /** The link carries whole cells with so many bytes of payload each: 48 for ATM. 0: no cells. (bytes, or a text with a unit) */
    readonly cellBytes?: number | string;
    /** Bytes that each cell takes beside its payload: 5 for ATM. (bytes, or a text with a unit) */
    readonly cellOverheadBytes?: number | string;
    /** Packets gather and leave together in slots (Wi-Fi, LTE, DOCSIS): a slot takes at least so long to come, in ms. (ms, or a text with a unit) */
    readonly slotMinMs?: number | string;
    /** A slot takes at most so long to come, in ms; default: always the least time. (ms, or a text with a unit) */
    readonly slotMaxMs?: number | string;
    /** So many packets leave in a slot; 0: all that wait. */
    readonly slotPackets?: number;
    /** A slot is over with the packet that reaches so many bytes on the link; 0: no limit. (bytes, or a text with a unit) */
    readonly slotBytes?: number | string;
    /** Instead of a rate: ms at which the link carries 1500 bytes, counted from when the trace comes into force, again and again (mahimahi). */
    readonly trace?: readonly number[];
    /** Who waits where, and who is dropped when: a plain queue, active queue management, or queues by flow or class. */
    readonly discipline?:
      | 'droptail'
      | 'drophead'
      | 'red'
      | 'ared'
      | 'codel'
      | 'fqCodel'
      | 'pie'
      | 'prio'
      | 'drr';
    /** ECN-capable packets are marked where active queue management drops others (RFC 3168); default: only with fqCodel. */
    readonly ecn?: boolean;
    /** Delay in the queue, in ms, that codel and fqCodel (default 5), pie (15) and ared (5) aim at. (ms, or a text with a unit) */
    readonly targetMs?: number | string;
    /** Of codel and fqCodel: so long the delay has to stay above the target, in ms; default 100. (ms, or a text with a unit) */
    readonly intervalMs?: number | string;
    /** Of fqCodel and drr: queues that flows are spread over; default 1024. */
    readonly flows?: number;
    /** Of fqCodel and drr: what a flow may send in a round; default 1514. (bytes, or a text with a unit) */
    readonly quantumBytes?: number | string;
    /** Of red and ared: average queue in packets from which on packets are dropped; 0: from the target and the rate. */
    readonly redMin?: number;
    /** Of red and ared: average queue in packets at which the chance of a drop is the largest; 0: from the target and the rate. */
    readonly redMax?: number;
    /** Of red and ared: share of the present queue in the average; 0: from the rate. (0 to 1) */
    readonly redWeight?: number;
    /** Of red and ared: chance of a drop where the average reaches redMax. (0 to 1) */
    readonly redMaxProbability?: number;
    /** Of red and ared: between redMax and twice that the chance grows on to 1 instead of jumping there; default true. */
    readonly redGentle?: boolean;
    /** Of pie: time between two computations of its chance of a drop, in ms; default 15. (ms, or a text with a unit) */
    readonly updateMs?: number | string;
    /** Of pie: bursts of this length pass, in ms; default 150. (ms, or a text with a unit) */
    readonly burstAllowanceMs?: number | string;
    /** Of prio: classes of packets, by their DSCP; default 3. */
    readonly bands?: number;
  };
  /** One-way delay towards the VM, in ms. (ms, or a text with a unit) */
  readonly latencyMs?: number | string;
  /** Scale of the variation of the delay: by default it varies uniformly by up to this, either way. A sum below 0 is delivered at once and counted. (ms, or a text with a unit) */
  readonly jitterMs?: number | string;
  readonly jitter?: {
    /** uniform: up to jitterMs either way. normal: jitterMs is the standard deviation. pareto, paretonormal: netem's, with a long tail of late packets. All end at 4 times jitterMs. table: as jitter.table says. */
    readonly distribution?: 'uniform' | 'normal' | 'pareto' | 'paretonormal' | 'table';
    /** Variation in multiples of jitterMs at equally spaced probabilities from 0 to 1, with straight lines between them; or one of netem's .dist files. */
    readonly table?: readonly number[];
    /** How much each packet's variation resembles that of the one before; the distribution stays what it is. (0 to 1) */
    readonly correlation?: number;
    /** true: jitter never lets a packet overtake the one before it. false: every packet leaves when its own delay is over, as in netem. */
    readonly preserveOrder?: boolean;
  };
  readonly reorder?: {
    /** Chance that a packet is sent at once, before those that are still delayed; there must be a delay. With holdPackets or holdMs it is held back instead. (0 to 1) */
    readonly percentage?: number;
    /** How much each packet's draw resembles that of the one before; the chance stays what it is. (0 to 1) */
    readonly correlation?: number;
    /** After each chosen packet, and at the beginning, this many less one are never chosen. */
    readonly gap?: number;
    /** A chosen packet is held back after its delay until so many others have left, at most for holdMs, or 1000 ms where that is not given. */
    readonly holdPackets?: number;
    /** A chosen packet is held back after its delay for so long at most. (ms, or a text with a unit) */
    readonly holdMs?: number | string;
  };
  /** The id of another personality, for packets that the VM itself sends; absent: nothing applies to them. Its routing profile does nothing there, and its own egress is not followed. */
  readonly egress?: string;
}
