// Packages: made of the project, picked, written to the board, and what is said then.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { Desk } from './desk.mjs';

const FILES = { 'main.py': 'print("one")\n', 'boardside.toml': 'name = "blink"\npackages = { folder = "dist" }\n' };

let desk;
let page;
test.before(async () => {
  desk = await Desk.start({ name: 'packages', projects: { project: FILES } });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

async function pack(version) {
  await page.command('Boardside: Pack Project…');
  await page.answer(version);
  await desk.untilSaid(new RegExp(`blink ${version} is packed`));
}

async function write(version) {
  await page.command('Boardside: Write Package…');
  await page.quickRow(`blink ${version}`).click();
}

test('Pack Project makes a package of what a sync would put there', async () => {
  await pack('1.0.0');
  desk.write('main.py', 'print("two")\n');
  await pack('1.10.0');
  assert.deepEqual(fs.readdirSync(desk.path('work', 'project', 'dist')), ['blink-1.0.0.bsp', 'blink-1.10.0.bsp']);
});

test('Write Package offers the newest first, says its size and signer, writes it, and says what runs', async () => {
  await page.command('Boardside: Write Package…');
  await page.quickRow('blink 1.10.0').waitFor();
  const rows = await page.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
  assert.deepEqual(rows.map((row) => /1\.\d+\.0/.exec(row)?.[0]), ['1.10.0', '1.0.0']);
  assert.match(rows[0], /\d+ B\s*·\s*not signed/);
  await page.quickRow('blink 1.10.0').click();
  await desk.untilSaid(/blink 1\.10\.0 runs/);
  await desk.untilBoard('the newer', { '/main.py': 'print("two")\n' });
});

test('an older version asks, and is written if somebody says so', async () => {
  await write('1.0.0');
  await page.pressToast('which is newer', 'Write It');
  await desk.untilSaid(/blink 1\.0\.0 runs \(before: 1\.10\.0\)/);
  await desk.untilBoard('the older', { '/main.py': 'print("one")\n' });
});
