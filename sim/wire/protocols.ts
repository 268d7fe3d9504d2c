/** IP protocol numbers (IANA) that this folder treats in their own way. */
export const Protocol = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  dccp: 33,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmpv6: 58,
  destinationOptions: 60,
  mobility: 135,
  udpLite: 136,
  hostIdentity: 139,
  shim6: 140,
} as const;
