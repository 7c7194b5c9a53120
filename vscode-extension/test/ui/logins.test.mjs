// A board that wants a password: asked for in a box that does not show it, once more with the reason, cancelled.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { VirtualBoard } from './board.mjs';
import { Desk } from './desk.mjs';
import { TelnetServer } from './telnet.mjs';

const PASSWORD = 'hunter2Swordfish';
const MAIN = { 'main.py': 'print("by telnet")\n' };

let board;
let server;
let desk;
let page;
test.before(async () => {
  board = await VirtualBoard.start(undefined, ['--unpaced', '--listen', '127.0.0.1:0']);
  server = await TelnetServer.start(board.address, PASSWORD);
  const settings = `device = "${server.address}"\n`;
  desk = await Desk.start({
    name: 'logins', boards: false, projects: { project: { ...MAIN, 'boardside.toml': settings } },
    settings: { 'boardside.trace.server': 'verbose' },
  });
  page = desk.page;
  await desk.untilStatus(/127\.0\.0\.1/);
});
test.afterEach((context) => desk.after(context));
test.after(async () => {
  await desk.end();
  server.stop();
  await board.stop();
});

/** Waits for the question with these words, and answers it. */
async function answer(words, text) {
  await page.page.locator('.quick-input-message', { hasText: words }).waitFor();
  const box = page.page.locator('.quick-input-widget input[type="password"]');
  if (text !== undefined) await box.fill(text);
  await box.press(text === undefined ? 'Escape' : 'Enter');
}

test('who does not want to say the password is told what is missing, and asked no more', async () => {
  await page.command('Boardside: Sync Project');
  await answer(`password for ${server.address}`, undefined);
  await page.toast('asks for a password').waitFor();
  assert.deepEqual(await board.files(), {});
});

test('a wrong password is asked for once more with the reason, then the project is on the board', async () => {
  await page.command('Boardside: Sync Project');
  await answer(`password for ${server.address}`, 'nonsense');
  await answer('user and password do not fit', PASSWORD);
  await desk.untilBoard('the project', { '/main.py': MAIN['main.py'] }, { board });
  await desk.untilSaid(/Boardside: 1 added/);
});

test('who is logged in is not asked again, and the password is nowhere', async () => {
  desk.write('main.py', 'print("again")\n');
  await page.command('Boardside: Sync Project');
  await desk.untilBoard('the project', { '/main.py': 'print("again")\n' }, { board });
  assert.ok(!desk.log().includes(PASSWORD));
  for (const file of fs.readdirSync(desk.folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const content = fs.readFileSync(`${file.parentPath}/${file.name}`);
    assert.ok(!content.includes(PASSWORD), `${file.parentPath}/${file.name}`);
  }
});
