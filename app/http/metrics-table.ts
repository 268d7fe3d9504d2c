/** Every metric there is. Does not know how its value is found. */

/** Type, what it tells, and its labels. */
export const METRICS = {
  netpersona_build_info: ['gauge', 'Always 1; which netpersona it is.', ['version']],
  netpersona_run_info: ['gauge', 'Always 1; what runs.', ['scenario', 'seed']],
  netpersona_run_state: ['gauge', '1 for the state that the run is in, 0 for the others.', ['state']],
  netpersona_virtual_time_seconds: ['gauge', 'Virtual time since the run began.', []],
  netpersona_lag_seconds: ['gauge', 'Virtual time by which the run is behind the wall clock.', []],
  netpersona_speed_ratio: ['gauge', 'Virtual seconds in a real one; +Inf: as fast as it goes.', []],
  netpersona_window_seconds: [
    'gauge',
    'Virtual time that delays and utilization are of: up to the last look.',
    [],
  ],
  netpersona_simulation_events_total: ['counter', 'Events that the simulation has worked off.', []],
  netpersona_commands_total: ['counter', 'Commands and events of the timeline that took effect.', []],
  netpersona_in_flight_packets: ['gauge', 'Packets that are on their way.', []],
  netpersona_personalities: ['gauge', 'Personalities that there are.', []],
  netpersona_assignments: ['gauge', 'Assignments of personalities to VMs.', []],
  netpersona_vm_up: ['gauge', '1 while the VM runs, 0 while it does not.', ['vm']],
  netpersona_sent_packets_total: [
    'counter',
    'Packets that the VM sent, answers included, and that have ended.',
    ['vm'],
  ],
  netpersona_delivered_packets_total: ['counter', 'Packets that were delivered to the VM.', ['vm']],
  netpersona_delivered_bytes_total: ['counter', 'Bytes of IP packets that were delivered to the VM.', ['vm']],
  netpersona_dropped_packets_total: [
    'counter',
    'Packets that were dropped on the last leg to the VM; without a VM: before that.',
    ['vm', 'reason'],
  ],
  netpersona_backlog_bytes: ['gauge', 'Bytes that wait in front of the VM for bandwidth.', ['vm']],
  netpersona_delay_seconds: [
    'gauge',
    'One-way delay of what was delivered to the VM in the window: median, 95 %, 99 %, longest. Absent when nothing was.',
    ['vm', 'stat'],
  ],
  netpersona_flow_sent_packets_total: [
    'counter',
    'Packets of the flow, answers included, that have ended.',
    ['flow'],
  ],
  netpersona_flow_delivered_packets_total: ['counter', 'Packets of the flow that were delivered.', ['flow']],
  netpersona_flow_delivered_bytes_total: [
    'counter',
    'Bytes of IP packets of the flow that were delivered.',
    ['flow'],
  ],
  netpersona_flow_dropped_packets_total: [
    'counter',
    'Packets of the flow that were dropped.',
    ['flow', 'reason'],
  ],
  netpersona_flow_delay_seconds: [
    'gauge',
    'One-way delay in the flow’s own direction of what was delivered in the window. Absent when nothing was.',
    ['flow', 'stat'],
  ],
  netpersona_flow_rtt_seconds: [
    'gauge',
    'Round-trip time of the flow’s questions that were answered in the window. Absent when none was.',
    ['flow', 'stat'],
  ],
  netpersona_link_up: ['gauge', '1 while the link works, 0 while it does not.', ['from', 'to']],
  netpersona_link_transmitted_packets_total: [
    'counter',
    'Packets that this direction of the link carried.',
    ['from', 'to'],
  ],
  netpersona_link_transmitted_bytes_total: [
    'counter',
    'Bytes that this direction of the link carried.',
    ['from', 'to'],
  ],
  netpersona_link_dropped_packets_total: [
    'counter',
    'Packets that this direction of the link dropped.',
    ['from', 'to'],
  ],
  netpersona_link_utilization_ratio: [
    'gauge',
    'Share of the bandwidth that was used in the window, 0 to 1. Absent for links without a limit.',
    ['from', 'to'],
  ],
  netpersona_series_merged: [
    'gauge',
    '1: there would be too many series, so all of this kind are told as one with the label *: sums, the longest delay, the greatest utilization, and up only when all are.',
    ['of'],
  ],
  process_cpu_seconds_total: ['counter', 'CPU time, user and system, of the process.', []],
  process_resident_memory_bytes: ['gauge', 'Memory of the process.', []],
  process_start_time_seconds: ['gauge', 'When the process began, in seconds since 1970.', []],
} as const satisfies Readonly<Record<string, readonly ['gauge' | 'counter', string, readonly string[]]>>;

export type MetricName = keyof typeof METRICS;
