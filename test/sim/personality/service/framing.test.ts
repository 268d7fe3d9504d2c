import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { framedBytes, UNFRAMED } from '../../../../sim/personality/service/framing.ts';

test('a packet takes its own bytes, what is added to it, and whole cells', () => {
  assert.is(framedBytes(1500, UNFRAMED), 1500);
  assert.is(framedBytes(1500, { ...UNFRAMED, overheadBytes: 38 }), 1538);
  assert.is(framedBytes(1514, { ...UNFRAMED, overheadBytes: -14 }), 1500);
});

test('ATM: 50 bytes are two cells of 53, also where something is added before', () => {
  const atm = { overheadBytes: 0, cellBytes: 48, cellOverheadBytes: 5 };
  assert.equal(
    [1, 48, 49, 50, 96, 97, 1500].map((size) => framedBytes(size, atm)),
    [53, 53, 106, 106, 106, 159, 32 * 53],
  );
  // AAL5 adds 8 bytes: 40 still fit into one cell, 41 do not.
  const aal5 = { ...atm, overheadBytes: 8 };
  assert.equal([framedBytes(40, aal5), framedBytes(41, aal5)], [53, 106]);
});

test('nothing is sent in no time', () => {
  assert.is(framedBytes(20, { ...UNFRAMED, overheadBytes: -1500 }), 1);
});

test.run();
