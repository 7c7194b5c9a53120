// Texts and names: for terminals, for people, in URIs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dedent, keys, Screenful } from '../../src/console-text';
import type { Board, JobDone } from '../../src/protocol';
import { baseQuery, boardOfQuery, boardQuery, chooseFolder, nameOf, parentOf, uriOfBaseQuery, within } from '../../src/where';
import { checkLine, describe, details, importMessage, lastLine, size, stateOf, statusText, summary } from '../../src/wording';

const board: Board = { address: '/dev/ttyACM0', name: 'Pico', state: 'connected', folders: ['file:///p'] };
const facts = { firmware: 'rp2', version: '1.25.0', id: '', root: '/', flashTotal: 1_441_792, flashFree: 1_400_000, ramFree: 190_000, tier: 'stream' };

test('a bare line feed becomes a whole line end, wherever the pieces are cut', () => {
  for (const [pieces, shown] of [
    [['a\nb'], 'a\r\nb'],
    [['a\r\nb'], 'a\r\nb'],
    [['a\r', '\nb'], 'a\r\nb'],
    [['a', '\nb'], 'a\r\nb'],
    [['\n\n'], '\r\n\r\n'],
    [['\r', '\n', '\n'], '\r\n\r\n'],
    [['50%\r60%\r'], '50%\r60%\r'],
    [['', '>>> '], '>>> '],
  ] as const) {
    const screen = new Screenful();
    assert.equal(pieces.map((piece) => screen.output(piece)).join(''), shown, JSON.stringify(pieces));
  }
});

test('a note is dim and on a line of its own', () => {
  const screen = new Screenful();
  assert.equal(screen.note('hello\n'), '\x1b[2mhello\x1b[22m\r\n');
  screen.output('>>> 1');
  assert.equal(screen.note('gone\nand back'), '\r\n\x1b[2mgone\x1b[22m\r\n\x1b[2mand back\x1b[22m\r\n');
  assert.equal(screen.note('again'), '\x1b[2magain\x1b[22m\r\n');
});

test('history and output join without a gap and without a repeat, whichever comes first', () => {
  const piece = (seq: number, text: string, kind: 'output' | 'note' = 'output') => ({ seq, text, kind });
  for (const early of [[], [piece(2, 'b\n')], [piece(2, 'b\n'), piece(3, 'c\n')], [piece(3, 'c\n')]]) {
    const screen = new Screenful();
    const before = early.map((one) => screen.piece(one)).join('');
    const rest = [piece(3, 'c\n'), piece(4, 'gone', 'note'), piece(4, 'd\n')].slice(early.some(({ seq }) => seq === 3) ? 1 : 0);
    const shown = before + screen.begin('a\nb\n', 2) + rest.map((one) => screen.piece(one)).join('');
    assert.equal(shown, 'a\r\nb\r\nc\r\n\x1b[2mgone\x1b[22m\r\nd\r\n', JSON.stringify(early));
  }
});

test('several lines that are pasted at the prompt go by paste mode', () => {
  const screen = new Screenful();
  screen.output('MicroPython v1.25.0\r\n>');
  assert.equal(screen.atPrompt, false);
  screen.output('>> ');
  assert.equal(screen.atPrompt, true);
  assert.equal(keys('for i in x:\n    print(i)\n', true), '\x05for i in x:\r    print(i)\r\x04');
  assert.equal(keys('a\r\nb', false), 'a\rb');
  for (const one of ['\x03', '\r', '\x7f', '\x1b[A', 'print(1)\r']) {
    assert.equal(keys(one, true), one);
  }
});

test('a selection loses the indentation that its lines share', () => {
  for (const [text, program] of [
    ['    a\n    b', 'a\nb'],
    ['    if x:\n        y', 'if x:\n    y'],
    ['\tif x:\n\t\ty\n\n\tz', 'if x:\n\ty\n\nz'],
    ['    a\n  b', '  a\nb'],
    ['a\n  b', 'a\n  b'],
    ['  a\n\tb', '  a\n\tb'],
    ['', ''],
  ] as const) {
    assert.equal(dedent(text), program, JSON.stringify(text));
  }
});

test('addresses and URIs come back whole', () => {
  for (const address of ['/dev/ttyACM0', 'COM4', 'socket://host:2323', 'id:e66?1#2&ask', '100%']) {
    assert.equal(boardOfQuery(boardQuery(address)), address);
    assert.deepEqual(uriOfBaseQuery(baseQuery(address, true)), { uri: address, ask: true });
    assert.deepEqual(uriOfBaseQuery(baseQuery(address, false)), { uri: address, ask: false });
  }
});

test('paths on a board', () => {
  assert.deepEqual(['/a.py', '/lib/a.py'].map(parentOf), ['/', '/lib']);
  assert.deepEqual(['/a.py', '/lib/a.py'].map(nameOf), ['a.py', 'a.py']);
  assert.deepEqual([within('/', 'a'), within('/lib', 'a')], ['/a', '/lib/a']);
});

test('a command is about what was clicked, then the active editor, then the only folder', () => {
  assert.equal(chooseFolder(['a', 'b'], 'b', 'a'), 'b');
  assert.equal(chooseFolder(['a', 'b'], undefined, 'a'), 'a');
  assert.equal(chooseFolder(['a'], undefined, undefined), 'a');
  assert.equal(chooseFolder(['a', 'b'], undefined, undefined), 'ask');
  assert.equal(chooseFolder([], undefined, undefined), undefined);
});

test('the status bar says board, state, progress and what is not there yet', () => {
  for (const [change, percent, ahead, text] of [
    [undefined, undefined, 0, '$(circuit-board) No board'],
    [{}, undefined, 0, '$(circuit-board) Pico'],
    [{}, undefined, 2, '$(circuit-board) Pico ↑2'],
    [{ state: 'running' }, undefined, 0, '$(play) Pico: running'],
    [{ state: 'busy', job: { job: 1, kind: 'sync' } }, 41.7, 2, '$(sync~spin) Pico: syncing 41%'],
    [{ state: 'busy', job: { job: 1, kind: 'run' } }, undefined, 0, '$(play) Pico: running'],
    [{ state: 'held' }, undefined, 0, '$(lock) Pico: in use by another program'],
    [{ state: 'away' }, undefined, 0, '$(debug-disconnect) Pico: gone, waiting for it'],
  ] as const) {
    assert.equal(statusText(change && { ...board, ...change }, percent, ahead), text);
  }
  assert.equal(stateOf({ ...board, state: 'busy', job: { job: 1, kind: 'mystery' } }), 'mystery');
});

test('a board is described by what it has told', () => {
  assert.equal(describe(board), 'connected');
  assert.equal(describe({ ...board, host: 'frank', firmware: 'MicroPython 1.29.0 on rp2' }), 'on frank · connected · MicroPython 1.29.0 on rp2');
  const down = { code: 'ssh.unreachable', message: 'anna cannot be reached: Connection refused', help: 'see whether it is on' };
  assert.equal(describe({ ...board, host: 'anna', state: 'refused', why: down }), 'on anna · anna cannot be reached: Connection refused');
  assert.equal(describe({ ...board, facts }), 'connected · v1.25.0 · 1.3 MiB free');
  const why = { code: 'wire.busy', message: 'another program has the port open', help: 'close it' };
  assert.deepEqual(details({ ...board, state: 'held', why, id: 'id:7' }),
    ['**Pico**, in use by another program', '`/dev/ttyACM0` · `id:7`', '$(warning) another program has the port open', 'close it']);
  assert.deepEqual(details({ ...board, facts }).slice(2),
    ['MicroPython 1.25.0 (rp2)', '186 KiB of RAM free', '1.3 MiB of 1.4 MiB of flash free']);
  assert.deepEqual([0, 1023, 1024, 150 * 1024].map(size), ['0 B', '1023 B', '1.0 KiB', '150 KiB']);
});

test('the end of a job in a few words', () => {
  const done = (kind: string, result: object): JobDone => ({ job: 1, kind, automatic: false, result });
  assert.equal(summary(done('sync', { added: 2, updated: 0, removed: 1, elapsedMs: 312 })), '2 added, 1 removed, 0.3 s');
  assert.equal(summary(done('sync', { added: 0, elapsedMs: 60 })), 'nothing to do, 0.1 s');
  assert.equal(summary(done('diff', { differ: 0 })), 'no files differ');
  assert.equal(summary(done('diff', { differ: 1 })), '1 file differs');
  assert.equal(summary(done('run', { ended: true })), undefined);
  assert.equal(checkLine({ name: 'port', state: 'error', message: 'not there', help: 'plug it in' }), '✗ port: not there. plug it in');
  assert.equal(lastLine('Traceback (most recent call last):\r\n  File "main.py"\r\nValueError: 3\r\n'), 'ValueError: 3');
});

test('an import is told once there is one', () => {
  const settings = { root: '', file: '/p/pymakr.conf', warnings: [], imported: [{ key: 'py_ignore', setting: 'ignore' }, { key: 'device', setting: 'device' }] };
  assert.equal(importMessage(settings), 'Boardside took settings from pymakr.conf: ignore (from py_ignore), device.');
  assert.equal(importMessage({ ...settings, imported: [] }), undefined);
});
