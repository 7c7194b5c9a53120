// What a user finds before anything is synced: commands, status bar, imported settings, walkthrough, the doctor.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until, untilText } from './until.mjs';

const PYMAKR = JSON.stringify({ py_ignore: ['notes'], sync_folder: 'src', open_on_start: true });

let desk;
let page;
test.before(async () => {
  const files = { 'src/main.py': 'print("hello")\n', 'src/notes/a.txt': 'not for the board', 'pymakr.conf': PYMAKR };
  desk = await Desk.start({ name: 'start', projects: { project: files } });
  page = desk.page;
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('settings of pymakr.conf are taken, and a message says which', async () => {
  const toast = page.toast('Boardside took settings from pymakr.conf');
  await toast.waitFor();
  const text = await toast.innerText();
  for (const setting of ['source = "src" (from sync_folder)', 'ignore = ["notes"] (from py_ignore)']) {
    assert.ok(text.includes(setting), `${setting} in: ${text}`);
  }
});

test('the status bar names the only board and its state', async () => {
  assert.match(await desk.untilStatus(/not connected/), /^board-project: not connected/);
});

test('the palette has the commands that can work here', async () => {
  await page.clearToasts();
  const found = await until('the commands of Boardside', async () => {
    const labels = await page.commands('Boardside: ');
    return labels.some((label) => label.includes('Soft Reset')) && labels;
  });
  const here = ['Sync Project', 'Open Console', 'Connect…', 'Soft Reset', 'Compare with Board', 'Doctor', 'Show Log'];
  for (const title of here) assert.ok(found.includes(`Boardside: ${title}`), `${title} in ${found}`);
  // No program is open, nothing is connected.
  for (const title of ['Run Selection', 'Disconnect']) assert.ok(!found.includes(`Boardside: ${title}`), title);
});

test('a sync of an imported project puts its source folder at the root, without what is ignored', async () => {
  await desk.sync();
  await desk.untilBoard('the source folder', { '/main.py': 'print("hello")\n' });
});

test('the doctor says that all is well, and the log has its checks', async () => {
  await page.command('Boardside: Doctor');
  await page.toast('Boardside: all is well.').waitFor();
  await page.pressToast('all is well', 'Show Log');
  await until('the checks in the log', () => /✓/.test(desk.log()));
  await page.page.locator('.panel .output-view').waitFor();
});

test('the walkthrough opens with its steps', async () => {
  await page.command('Welcome: Open Walkthrough...');
  await page.answer('Get started with Boardside');
  const steps = page.page.locator('.gettingStartedContainer .getting-started-step');
  await untilText('the steps', async () => (await steps.allInnerTexts()).join('\n'), /Connect a board[^]*Sync your project[^]*Watch and type in the console/);
});
