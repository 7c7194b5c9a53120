// Sync by hand: what is on the board afterwards, what differs before it, and what a conflict asks.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until, untilText } from './until.mjs';

const FILES = { 'main.py': 'import lights\n\nlights.show(3)\n', 'lib/lights.py': 'def show(n):\n    print("lights", n)\n' };
const ON_BOARD = { '/main.py': FILES['main.py'], '/lib/lights.py': FILES['lib/lights.py'] };
const EDITED = 'import lights\n\nlights.show(5)\n';
const BY_HAND = 'print(99)\n';

let desk;
let page;
test.before(async () => {
  desk = await Desk.start({ name: 'sync', projects: { project: FILES } });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

/** Somebody changes main.py on the board, as at any REPL. */
async function editOnBoard() {
  await desk.openConsole();
  await page.untilTerminal(/>>>/);
  await desk.typeConsole(`f=open('main.py','w');f.write(${JSON.stringify(BY_HAND)});f.close()`, /\n10\n>>>/);
  await page.command('Terminal: Clear');
  await desk.untilBoard('the edit on the board', { ...ON_BOARD, '/main.py': BY_HAND });
}

async function conflict() {
  await page.command('Boardside: Sync Project');
  const toast = page.toast('main.py');
  await toast.waitFor();
  return toast;
}

test('Sync Project puts the files onto the board', async () => {
  await desk.sync();
  await desk.untilBoard('the project', ON_BOARD);
  await desk.untilStatus(/^[^:↑]+$/); // at its prompt, with everything
});

test('gutter marks show what is not on the board yet', async () => {
  await page.openFile('main.py');
  await page.fill(EDITED);
  await page.gutterMarks.first().waitFor();
});

test('the source control view lists what differs, and a file opens beside that of the board', async () => {
  await page.save();
  await page.command('Source Control: Focus on Changes View');
  const row = page.rows('main.py').first();
  await row.waitFor();
  await desk.untilStatus(/↑1/);
  await row.click();
  await untilText('the board’s side', () => page.diffText('original'), /lights\.show\(3\)/);
  await untilText('the workspace’s side', () => page.diffText('modified'), /lights\.show\(5\)/);
});

test('after a sync nothing differs', async () => {
  await page.closeEditors();
  await desk.sync();
  await desk.untilBoard('the edited file', { ...ON_BOARD, '/main.py': EDITED });
  await until('an empty list', async () => (await page.rows('main.py').count()) === 0);
  assert.doesNotMatch(await desk.status(), /↑/);
});

test('a conflict asks; Compare shows both and asks again, Keep Board’s leaves the board as it is', async () => {
  await editOnBoard();
  await conflict();
  for (const button of ['Keep Board’s', 'Overwrite', 'Compare']) {
    await page.toast('main.py').locator('.monaco-button', { hasText: button }).waitFor();
  }
  await page.pressToast('main.py', 'Compare');
  await untilText('the board’s side', () => page.diffText('original'), /print\(99\)/);
  await untilText('the workspace’s side', () => page.diffText('modified'), /lights\.show\(5\)/);
  await page.pressToast('main.py', 'Keep Board’s');
  await desk.untilSaid(/1 kept/);
  await desk.untilBoard('the kept file', { ...ON_BOARD, '/main.py': BY_HAND });
  assert.equal(desk.read('main.py'), EDITED);
});

test('Overwrite in a conflict puts the project’s file onto the board', async () => {
  await page.closeEditors();
  await conflict();
  await page.pressToast('main.py', 'Overwrite');
  await desk.untilBoard('the project’s file', { ...ON_BOARD, '/main.py': EDITED });
});

test('Download Project from Board brings what only the board has', async () => {
  await desk.typeConsole("f=open('log.txt','w');f.write('warm');f.close()", /\n4\n>>>/);
  await page.command('Boardside: Download Project from Board');
  await desk.untilSaid(/1 added, 0 updated/);
  assert.equal(desk.read('log.txt'), 'warm');
  assert.equal(desk.read('main.py'), EDITED);
});

test('it replaces nothing of the project without a question', async () => {
  await desk.typeConsole("f=open('log.txt','w');f.write('colder');f.close()", /\n6\n>>>/);
  await page.command('Boardside: Download Project from Board');
  await page.toast('log.txt').waitFor();
  assert.equal(desk.read('log.txt'), 'warm');
  await desk.shot('a-download-asks');
  await page.pressToast('log.txt', 'Overwrite');
  await desk.untilSaid(/0 added, 1 updated/);
  assert.equal(desk.read('log.txt'), 'colder');
});
