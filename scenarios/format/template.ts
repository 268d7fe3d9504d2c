/** The scenario that `netpersona init` writes: small, commented, and it runs as it stands. */
export const TEMPLATE = `# A scenario: who is there, what the network is like, who sends what, what changes, what must hold.
#   netpersona run FILE              runs it
#   netpersona run FILE --out DIR    also writes summary.json, flows.csv, timeseries.csv and more
# Durations: ns us ms s m h (a bare number is ms). Rates: kbit Mbit Gbit (bare: kbit/s). Sizes: B kB MB (bare: bytes).
name: first steps
seed: 1            # all chance comes from here: the same seed gives the same run, byte for byte
duration: 20s

networks:
  - { id: prod, subnet: 10.0.0.0/24 }

vms:
  - { id: client, network: prod, ip: 10.0.0.1 }
  - { id: server, network: prod, ip: 10.0.0.2 }

# What packets towards a VM meet. Latency is one way; probabilities go from 0 to 1, so 1 % is written 0.01.
personalities:
  office: { latencyMs: 5, jitterMs: 1 }
  far:
    latencyMs: 40
    jitterMs: 3
    packetLossPercentage: 0.002
    bandwidthKbps: 50Mbit

assignments: { client: office, server: far }

traffic:
  - { id: pings,  kind: ping, from: client, to: server, interval: 100ms }
  - { id: stream, kind: cbr,  from: server, to: client, rate: 4Mbit, packetSize: 1200B, start: 1s }

# What changes, and when.
timeline:
  - { at: 10s, update: far, set: { latencyMs: 80 } }
  # - { at: 12s, vm: server, power: off }
  # - { at: 14s, assign: { preset: 4g-slow }, vm: client }

# What must hold; otherwise the exit code is 1.
expect:
  - { flow: pings,  metric: rtt.p50, between: [40ms, 100ms] }
  - { flow: stream, metric: loss, atMost: 0.01 }
  - { total: dropped.spoofed, equals: 0 }
`;
