// Restricted Mode: nothing is synced or run unless the user asks for it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.autoSync': 'onSave', 'boardside.after': 'reset' };
  const files = { 'main.py': 'print("hello")\n' };
  desk = await Desk.start({ name: 'trust', projects: { project: files }, settings, trust: true });
  page = desk.page;
  await page.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('the palette has all that the user may ask for', async () => {
  await page.openFile('main.py');
  const found = await until('the commands of Boardside', async () => {
    const labels = await page.commands('Boardside: ');
    return labels.some((label) => label.includes('Run Current File')) && labels;
  });
  const here = ['Sync Project', 'Open Console', 'Connect…', 'Run Current File on Board', 'Soft Reset', 'Compare with Board', 'Doctor'];
  for (const title of here) assert.ok(found.includes(`Boardside: ${title}`), `${title} in ${found}`);
});

test('a save syncs nothing in Restricted Mode', async () => {
  await page.openFile('main.py');
  await page.fill('print("saved")\n');
  await page.save();
  // A comparison comes after what a save would have started.
  await page.command('Boardside: Compare with Board');
  await desk.untilSaid(/1 files? differ/);
  await desk.untilBoard('nothing', {});
  await page.rows('main.py').first().waitFor();
});

test('a sync that the user asks for is done', async () => {
  await desk.sync();
  await desk.untilBoard('the project', { '/main.py': 'print("saved")\n' });
  await until('an empty list', async () => (await page.rows('main.py').count()) === 0);
});
