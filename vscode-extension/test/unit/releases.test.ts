// Releases: the version after the newest, and what people read of the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { troubleOf } from '../../src/jobs';
import { nextVersion } from '../../src/next-version';
import type { JobDone, Published } from '../../src/protocol';
import { releaseLine, summary } from '../../src/wording';

test('the next version has the last number of the newest one higher, and nobody has it yet', () => {
  for (const [versions, next] of [
    [[], '1.0.0'],
    [['1.0.0'], '1.0.1'],
    [['1.0.9', '1.0.8'], '1.0.10'],
    [['v1.2'], 'v1.3'],
    [['1.0.0', '1.0.1', '1.0.2'], '1.0.3'],
    [['2026.11.09'], '2026.11.10'],
    [['2026.11.99'], '2026.11.100'],
    [['1.2.0-rc.1'], '1.2.0-rc.2'],
    [['1.2.0-beta'], '1.2.1-beta'],
    [['build-99999999999999999999'], 'build-100000000000000000000'],
    [['first'], 'first.1'],
    [['first', 'first.1'], 'first.2'],
  ] as const) {
    assert.equal(nextVersion(versions), next, versions.join(' '));
  }
});

const release: Published = {
  version: '1.0.1', current: false, pinned: [], published: null, files: 2, bytes: 1536, signed: false, missing: null, differ: null,
};

test('a version in one line', () => {
  assert.equal(releaseLine(release), '2 files, 1.5 KiB');
  assert.equal(releaseLine({ ...release, current: true, differ: 0, files: 1, signed: true }), 'current · 1 file, 1.5 KiB · signed');
  assert.equal(releaseLine({ ...release, differ: 1, pinned: ['dev1', 'dev2'] }), 'pinned: dev1, dev2 · 2 files, 1.5 KiB · 1 file other than now');
  assert.equal(releaseLine({ ...release, missing: 'a.py missing' }), 'a.py missing · 2 files, 1.5 KiB');
  // Zones are whole quarters of an hour apart.
  assert.match(releaseLine({ ...release, published: '2026-11-21T12:44:59Z' }), /^2026-11-2[012] \d\d:(44|59|14|29) · 2 files/);
});

test('the end in a few words', () => {
  for (const kind of ['publish', 'rollBack']) {
    const done: JobDone = { job: 1, kind, automatic: false, result: { project: 'blink', version: '1.0.1', before: '1.0.0' } };
    assert.equal(summary(done), 'devices are told blink 1.0.1');
  }
});

test('a request that was cancelled is no failure', () => {
  assert.equal(troubleOf({ code: -32800, message: 'Canceled' }).code, 'cancelled');
  assert.equal(troubleOf({ code: -32803, message: 'no', data: { code: 'ota.taken' } }).code, 'ota.taken');
  assert.equal(troubleOf(new Error('no')).code, 'failed');
});
