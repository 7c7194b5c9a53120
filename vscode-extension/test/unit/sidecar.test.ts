// Starting, stopping, and jobs, with the editor's and the sidecar's ends in the test's hands.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Jobs } from '../../src/jobs';
import type { JobDone } from '../../src/protocol';
import { type Client, findBinary, type Progress, Sidecar, spawnSidecar } from '../../src/sidecar';
import { State } from '../../src/state';

/** A client whose other end is the test: `asked` are the requests, `tell` is a notification from there. */
class Line implements Client {
  readonly asked: [string, unknown][] = [];
  readonly sent: [string, unknown][] = [];
  stopped = 0;
  private readonly handlers = new Map<string, (params: never) => void>();
  private readonly listeners = new Map<string, (value: Progress) => void>();
  constructor(private readonly answer: (method: string, params: never) => unknown = () => ({}), private readonly opening = Promise.resolve()) {}
  start(): Promise<void> { return this.opening; }
  stop(): Promise<void> { this.stopped += 1; return Promise.resolve(); }
  async sendRequest<R>(method: string, ...params: unknown[]): Promise<R> {
    this.asked.push([method, params]);
    return await this.answer(method, params[0] as never) as R;
  }
  sendNotification(method: string, params?: unknown): Promise<void> { this.sent.push([method, params]); return Promise.resolve(); }
  onNotification(method: string, handler: (params: never) => void) { this.handlers.set(method, handler); return { dispose: () => undefined }; }
  listen(token: string, handler: (value: Progress) => void) { this.listeners.set(token, handler); return { dispose: () => this.listeners.delete(token) }; }
  tell(method: string, params: unknown): void { this.handlers.get(method)?.(params as never); }
  progress(token: string, value: Progress): void { this.listeners.get(token)?.(value); }
}
const quiet = { started: () => undefined, ended: () => undefined, trouble: (error: Error) => assert.fail(error) };

test('of three restarts that are asked for at once one runs and one waits', async () => {
  let made = 0;
  const sidecar = new Sidecar(() => Promise.resolve(new Line(undefined, Promise.resolve(void (made += 1)))), quiet);
  await Promise.all([sidecar.restart(), sidecar.restart(), sidecar.restart()]);
  assert.equal(made, 2);
});

test('requests wait for the start, and start what does not run', async () => {
  const line = new Line(() => ({ boards: [] }));
  const sidecar = new Sidecar(() => Promise.resolve(line), quiet);
  assert.deepEqual(await sidecar.request('boardside/boards', undefined), { boards: [] });
  assert.deepEqual(line.asked, [['boardside/boards', []]], 'no params are no params, not null');
});

test('a start that fails is told to who waits, and the next request tries again', async () => {
  let tries = 0;
  const sidecar = new Sidecar(() => (++tries === 1 ? Promise.reject(new Error('no program')) : Promise.resolve(new Line())), quiet);
  await assert.rejects(sidecar.request('boardside/boards', undefined), /no program/);
  await sidecar.request('boardside/boards', undefined);
  assert.equal(tries, 2);
});

test('one that ends is started again, but not after the third time', async () => {
  const ends: (() => void)[] = [];
  const events: string[] = [];
  let wake = () => undefined as void;
  const sidecar = new Sidecar((ended) => (ends.push(ended), Promise.resolve(new Line())), {
    started: () => (events.push('started'), wake()), ended: () => events.push('ended'), trouble: () => (events.push('trouble'), wake()),
  });
  await sidecar.restart();
  for (let time = 0; time < 3; time += 1) {
    const next = new Promise<void>((resolve) => (wake = resolve));
    ends.at(-1)?.();
    await next;
    await new Promise(setImmediate);
  }
  assert.deepEqual(events, ['started', 'ended', 'started', 'ended', 'started', 'ended', 'trouble']);
});

test('one that was told to stop is not started again', async () => {
  let ended = () => undefined as void;
  let made = 0;
  const sidecar = new Sidecar((end) => (made += 1, ended = end, Promise.resolve(new Line())), quiet);
  await sidecar.restart();
  await sidecar.stop();
  ended();
  assert.equal(made, 1);
});

function jobs(answer: (line: Line, params: { workDoneToken: string }) => unknown) {
  const toasts: string[] = [];
  const unasked: JobDone[] = [];
  const line: Line = new Line((_, params) => answer(line, params));
  const state = new State();
  const sidecar = new Sidecar(() => Promise.resolve(line), quiet);
  const toast = (title: string, cancel: () => void) => {
    toasts.push(`open ${title}`);
    cancels.push(cancel);
    return { report: (message = '', percent = 0) => void toasts.push(`${message} ${percent}`), close: () => void toasts.push('close') };
  };
  const cancels: (() => void)[] = [];
  return { line, state, toasts, cancels, unasked, jobs: new Jobs(sidecar, state, toast, (done) => unasked.push(done)) };
}

test('a job ends with what the sidecar says, also if that comes before its number', async () => {
  for (const early of [true, false]) {
    const desk = jobs((line) => {
      const done = () => line.tell('boardside/jobDone', { job: 7, kind: 'sync', automatic: false, result: { added: 1 } });
      if (early) done(); else setImmediate(done);
      return { job: 7 };
    });
    const done = await desk.jobs.run('boardside.sync', { folder: 'file:///p' }, 'Syncing');
    assert.deepEqual(done.result, { added: 1 });
    assert.deepEqual(desk.toasts, [], 'a short job shows no toast');
    assert.equal(desk.state.percent.size, 0);
  }
});

test('two commands that are one job both end, also if its end comes before one number or both', async () => {
  const answers: (() => void)[] = [];
  for (const before of [0, 1, 2]) {
    const desk = jobs(() => new Promise((resolve) => answers.push(() => resolve({ job: 4 }))));
    const runs = ['sync', 'sync'].map(() => desk.jobs.run('boardside.sync', {}, undefined));
    await new Promise(setImmediate);
    const end = () => desk.line.tell('boardside/jobDone', { job: 4, kind: 'sync', automatic: true, result: { added: 2 } });
    for (const [index, answer] of answers.splice(0).entries()) {
      if (index === before) end();
      answer();
      await new Promise(setImmediate);
    }
    if (before === 2) end();
    assert.deepEqual((await Promise.all(runs)).map(({ result }) => result), [{ added: 2 }, { added: 2 }]);
    assert.deepEqual(desk.unasked, [], 'who asked is told');
  }
});

test('progress that comes before the number of its job is shown with it', async () => {
  const desk = jobs((line, { workDoneToken }) => {
    line.progress(workDoneToken, { kind: 'report', percentage: 30 });
    return { job: 9 };
  });
  const end = desk.jobs.run('boardside.sync', {}, undefined);
  await new Promise(setImmediate);
  assert.equal(desk.state.percent.get(9), 30);
  desk.line.tell('boardside/jobDone', { job: 9, kind: 'sync', automatic: false, result: {} });
  await end;
  assert.equal(desk.state.percent.size, 0);
});

test('a long job shows a toast, which can cancel it', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = () => undefined as void;
  const ready = new Promise<void>((resolve) => (asked = resolve));
  const desk = jobs(() => (asked(), { job: 3 }));
  const end = desk.jobs.run('boardside.sync', {}, 'Syncing p');
  await ready;
  await new Promise(setImmediate);
  desk.line.progress('boardside-1', { kind: 'report', message: 'sending', percentage: 40 });
  assert.equal(desk.state.percent.get(3), 40);
  context.mock.timers.tick(700);
  assert.deepEqual(desk.toasts, ['open Syncing p', 'sending 40']);
  desk.cancels[0]?.();
  assert.deepEqual(desk.line.sent, [['window/workDoneProgress/cancel', { token: 'boardside-1' }]]);
  desk.line.tell('boardside/jobDone', { job: 3, kind: 'sync', automatic: false, error: { code: 'cancelled', message: '', help: '' } });
  assert.equal((await end).error?.code, 'cancelled');
  assert.equal(desk.toasts.at(-1), 'close');
});

test('a request that is refused is the end of the job', async () => {
  const desk = jobs(() => Promise.reject(Object.assign(new Error('several boards'), { data: { code: 'connect.many_boards', help: 'name one' } })));
  const done = await desk.jobs.run('boardside.sync', { folder: 'f' }, undefined);
  assert.deepEqual(done.error, { code: 'connect.many_boards', message: 'several boards', help: 'name one' });
  assert.equal(done.kind, 'sync');
  assert.equal(done.folder, 'f');
});

test('jobs of a sidecar that is gone are over', async () => {
  const desk = jobs(() => ({ job: 1 }));
  const end = desk.jobs.run('boardside.diff', {}, undefined);
  await new Promise(setImmediate);
  desk.jobs.gone();
  const done = await end;
  assert.equal(done.error?.code, 'sidecar.gone');
  assert.equal(done.kind, 'diff', 'so that it can be tried again');
});

test('an automatic sync is told to who is asked what to do, others are not', async () => {
  const desk = jobs(() => ({ job: 1 }));
  void desk.jobs.run('boardside.stop', {}, undefined);
  await new Promise(setImmediate);
  desk.line.tell('boardside/jobDone', { job: 1, kind: 'stop', automatic: false, result: {} });
  desk.line.tell('boardside/jobDone', { job: 2, kind: 'sync', automatic: true, result: {} });
  assert.deepEqual(desk.unasked.map(({ job }) => job), [2]);
});

test('the program is the one of the setting in a trusted workspace, else the one of the extension', () => {
  const extension = mkdtempSync(join(tmpdir(), 'boardside-place-'));
  try {
    const own = join(extension, 'bin', 'boardside');
    const other = join(extension, 'other');
    const place = { serverPath: other, trusted: true, extension, platform: 'linux' as const };
    assert.throws(() => findBinary({ ...place, serverPath: '' }), /is missing: .*bin.boardside/);
    assert.throws(() => findBinary(place), /boardside\.serverPath names .*other/);
    mkdirSync(join(extension, 'bin'));
    writeFileSync(own, '');
    writeFileSync(other, '');
    writeFileSync(`${own}.exe`, '');
    assert.equal(findBinary(place), other);
    assert.equal(findBinary({ ...place, trusted: false }), own);
    assert.equal(findBinary({ ...place, serverPath: '' }), own);
    assert.equal(findBinary({ ...place, serverPath: '', platform: 'win32' }), `${own}.exe`);
  } finally {
    rmSync(extension, { recursive: true });
  }
});

test('a file that is no program is an error that names it', async () => {
  await assert.rejects(spawnSidecar(join(tmpdir(), 'no-such-boardside')), /no-such-boardside does not start: .*ENOENT/);
});

test('the state knows the board of a folder and how far it is behind', () => {
  const state = new State();
  const seen: string[] = [];
  const listening = state.on((topic) => seen.push(topic));
  state.boards = [{ address: 'A', name: 'a', state: 'free', folders: ['file:///p'] }, { address: 'B', name: 'b', state: 'free', folders: [] }];
  state.changed('boards');
  listening.dispose();
  state.changed('boards');
  assert.deepEqual(seen, ['boards']);
  assert.equal(state.boardOf('file:///p')?.address, 'A');
  assert.equal(state.boardOf('file:///q'), undefined);
  assert.equal(state.boardOf(undefined), undefined);
  assert.equal(state.board('B')?.name, 'b');
  const file = (name: string, is: 'differs' | 'onlyBoard' | 'onlyProject') => ({ path: name, uri: name, state: is });
  state.differences.set('file:///p', { folder: 'file:///p', known: true, files: [file('a', 'differs'), file('b', 'onlyBoard'), file('c', 'onlyProject')] });
  assert.equal(state.ahead('file:///p'), 2);
  assert.equal(state.ahead('file:///q'), 0);
});
