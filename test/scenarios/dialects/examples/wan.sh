#!/bin/sh
# A slow and lossy line.
DEV=eth0
modprobe ifb
sudo tc qdisc del dev $DEV root
sudo tc qdisc add dev $DEV root handle 1: netem \
  delay 40ms 5ms 25% distribution normal \
  loss gemodel 1% 10% 70% 0.1%   # bursts
sudo tc qdisc add dev $DEV parent 1:1 handle 2: tbf rate 10mbit burst 32kbit latency 400ms && echo shaped
tc qdisc add dev $DEV parent 2: handle 3: fq_codel limit 300 target 10ms noecn
