// The extension's own Sidecar and Jobs against the real `boardside lsp` and a virtual board: no editor, nothing mocked.
// `BOARDSIDE_BIN` names the program; without it, ../target/debug/boardside. Where there is none, or no virtual board, skipped.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection, StreamMessageReader, StreamMessageWriter, WorkDoneProgress,
} from 'vscode-languageserver-protocol/node';
import { Screenful } from '../src/console-text';
import { Jobs } from '../src/jobs';
import { COMMANDS, type Events, type JobDone, PROTOCOL } from '../src/protocol';
import { type Client, Sidecar, spawnSidecar } from '../src/sidecar';
import { State } from '../src/state';

const binary = resolve(process.env['BOARDSIDE_BIN'] ?? '../target/debug/boardside');
const missing = process.platform !== 'linux' || !existsSync(binary);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What extension.ts makes of a LanguageClient, made of a bare connection. */
async function client(folder: string): Promise<Client> {
  const child = await spawnSidecar(binary);
  child.stderr?.pipe(process.stderr);
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!));
  return {
    async start() {
      connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) => items.map(() => null));
      connection.onRequest('client/registerCapability', () => null);
      connection.onRequest('window/workDoneProgress/create', () => null);
      connection.listen();
      const { capabilities } = await connection.sendRequest<{ capabilities: Record<string, unknown> }>('initialize', {
        processId: null, rootUri: null, workspaceFolders: [{ uri: folder, name: 'p' }],
        initializationOptions: { protocol: PROTOCOL, trusted: true },
        capabilities: { window: { workDoneProgress: true }, workspace: { configuration: true }, experimental: { boardside: { jobs: true } } },
      });
      assert.deepEqual([...(capabilities['executeCommandProvider'] as { commands: string[] }).commands].sort(), [...COMMANDS].sort());
      await connection.sendNotification('initialized', {});
    },
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      await ended;
    },
    sendRequest: connection.sendRequest as Client['sendRequest'],
    sendNotification: (method, params) => connection.sendNotification(method, params as object),
    onNotification: (method, handler) => connection.onNotification(method, handler as (params: unknown) => void),
    listen: (token, handler) => connection.onProgress(WorkDoneProgress.type, token, handler),
  };
}

test('sync, console, files and differences, as the extension asks for them', { skip: missing, timeout: 60_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'boardside-contract-'));
  const project = join(home, 'p');
  const folder = pathToFileURL(project).href;
  const address = join(home, 'board');
  const main = `${folder}/main.py`;
  mkdirSync(project);
  writeFileSync(join(project, 'main.py'), "print('hello', 6 * 7)\n");
  writeFileSync(join(project, 'boardside.toml'), `device = "${address}"\n`);
  const board = spawn(binary, ['virtual-board', 'unix', '--json', '--link', address], { stdio: ['pipe', 'pipe', 'inherit'] });
  await createInterface({ input: board.stdout })[Symbol.asyncIterator]().next();
  const state = new State();
  const told: { [M in keyof Events]?: Events[M][] } = {};
  const wakers = new Set<() => void>();
  const sidecar = new Sidecar(() => client(folder), { started: () => undefined, ended: () => undefined, trouble: assert.fail });
  const keep = <M extends keyof Events>(method: M) => sidecar.on(method, (params) => {
    ((told[method] ??= []) as Events[M][]).push(params);
    wakers.forEach((wake) => wake());
  });
  (['boardside/boardsChanged', 'boardside/console/output', 'boardside/differences', 'boardside/settingsChanged'] as const).forEach(keep);
  /** Waits for an event, not for time; the limit is the test's. */
  const until = (what: () => boolean) => new Promise<void>((done) => {
    const look = () => what() && (wakers.delete(look), done());
    wakers.add(look);
    look();
  });
  const jobs = new Jobs(sidecar, state, () => ({ report: () => undefined, close: () => undefined }), () => undefined);
  const fine = async (done: Promise<JobDone>) => {
    const { error, result } = await done;
    assert.equal(error, undefined);
    return result ?? {};
  };
  try {
    await sidecar.restart();
    await until(() => told['boardside/settingsChanged']?.some((one) => one.folder === folder) === true);
    const { rows, ...counts } = await fine(jobs.run('boardside.sync', { folder }, 'Syncing'));
    assert.equal(counts.added, 1);
    assert.deepEqual(rows?.map(({ path, uri }) => [path, uri]), [['/main.py', main]]);
    await until(() => told['boardside/boardsChanged']?.at(-1)?.boards.some((one) => one.folders.includes(folder)) === true);
    const { boards } = await sidecar.request('boardside/boards', undefined);
    assert.deepEqual(boards.filter((one) => one.folders.includes(folder)).map((one) => one.address), [address]);

    const screen = new Screenful();
    const { history, seq } = await sidecar.request('boardside/console/attach', { board: address });
    const start = screen.begin(history, seq);
    const printed = () => (told['boardside/console/output'] ?? []).map(({ text }) => text).join('');
    assert.deepEqual(await fine(jobs.run('boardside.run', { board: address, uri: main }, undefined)), { ended: true });
    await until(() => printed().includes('hello 42'));
    sidecar.notify('boardside/console/input', { board: address, text: '1000+1\r' });
    await until(() => /\r?\n1001\r?\n>>> $/.test(printed()));
    const whole = start + (told['boardside/console/output'] ?? []).map((piece) => screen.piece(piece)).join('');
    const again = await sidecar.request('boardside/console/attach', { board: address });
    assert.equal(new Screenful().begin(again.history, again.seq), whole, 'what was shown is the history, no more and no less');
    const { links } = await sidecar.request('boardside/console/locate', { board: address, text: '  File "main.py", line 1, in <module>' });
    assert.deepEqual(links.map(({ uri, line }) => [uri, line]), [[main, 0]]);

    await sidecar.request('boardside/files/makeFolder', { board: address, path: '/notes' });
    await sidecar.request('boardside/files/write', { board: address, path: '/notes/a.txt', content: base64('hi') });
    await sidecar.request('boardside/files/rename', { board: address, from: '/notes/a.txt', to: '/notes/b.txt' });
    const { entries } = await sidecar.request('boardside/files/list', { board: address, path: '/notes', fresh: true });
    assert.deepEqual(entries, [{ path: '/notes/b.txt', name: 'b.txt', folder: false, size: 2 }]);
    assert.deepEqual(await sidecar.request('boardside/files/read', { board: address, path: '/notes/b.txt' }), { content: base64('hi') });
    await sidecar.request('boardside/files/delete', { board: address, path: '/notes' });
    await assert.rejects(sidecar.request('boardside/files/read', { board: address, path: '/notes/b.txt' }),
      (error: { data?: { code?: string } }) => error.data?.code === 'board.not_found');

    assert.deepEqual(await sidecar.request('boardside/base', { uri: main }), { content: base64("print('hello', 6 * 7)\n") });
    writeFileSync(join(project, 'main.py'), "print('hello again')\n");
    assert.equal((await fine(jobs.run('boardside.diff', { folder }, undefined))).differ, 1);
    await until(() => told['boardside/differences']?.at(-1)?.files.some(({ uri, state: is }) => uri === main && is === 'differs') === true);
    assert.deepEqual(await sidecar.request('boardside/base', { uri: main, ask: true }), { content: base64("print('hello', 6 * 7)\n") });

    await sidecar.request('boardside/files/write', { board: address, path: '/main.py', content: base64('edited there') });
    const stopped = await jobs.run('boardside.sync', { folder }, undefined);
    assert.equal(stopped.error?.code, 'sync.conflict');
    assert.deepEqual(stopped.error?.conflicts?.map(({ path, uri, overwritable }) => [path, uri, overwritable]), [['/main.py', main, true]]);
    assert.equal((await fine(jobs.run('boardside.sync', { folder, conflict: 'overwrite' }, undefined))).updated, 1);
    await fine(jobs.run('boardside.disconnect', { folder }, undefined));
  } finally {
    await sidecar.stop();
    board.kill();
    rmSync(home, { recursive: true, force: true });
  }
});
