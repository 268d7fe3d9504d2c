import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  distTable,
  normalDist,
  paretoDist,
  paretonormalDist,
} from '../../../../sim/personality/netem/dist-tables.ts';

const digest = (table: Int16Array): string => createHash('sha256').update(table.join(' ')).digest('hex');

test('normal.dist, pareto.dist and paretonormal.dist are those of iproute2 6.1', () => {
  // Of its files: the numbers between the comments, with one space between two.
  assert.equal(
    [...normalDist().slice(0, 8)],
    [-32768, -28307, -26871, -25967, -25298, -24765, -24320, -23937],
  );
  assert.is(digest(normalDist()), 'c59486ef7d9f475392acb0a04686483a237f45e57bd34c4d00302b60fb1370fd');
  assert.equal([...paretoDist().slice(0, 8)], [-5461, -5460, -5460, -5459, -5458, -5457, -5456, -5455]);
  assert.is(digest(paretoDist()), '7b6250dae83ed8134b5192e992c488a542531c03118e79726d8726d169065dd1');
  assert.equal(
    [...paretonormalDist().slice(0, 8)],
    [-12305, -11171, -10812, -10586, -10418, -10284, -10172, -10075],
  );
  assert.is(digest(paretonormalDist()), '6b6ec6bcf481be2a4c8a189dad1bf6461272ad9e6ac81a60072b54c8aaf6a3d6');
});

test('a table of quantiles is in 8192ths, as 16-bit numbers', () => {
  assert.equal([...distTable([-9, -1, 0.00006, 0.5, 9])], [-32768, -8192, 0, 4096, 32767]);
});

test.run();
