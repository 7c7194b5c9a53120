// Auto-sync on save: a save, and the change runs on the board, without a click.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

const LOOP = (word) => `import time\n\nfor n in range(10000):\n    print("${word}", n)\n    time.sleep_ms(200)\n`;

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.autoSync': 'onSave', 'boardside.after': 'reset' };
  desk = await Desk.start({ name: 'saves', projects: { project: { 'main.py': LOOP('first') } }, settings });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('a save is on the board and runs, without a click', async () => {
  await desk.sync();
  await page.openFile('main.py');
  await desk.openConsole();
  await page.untilTerminal(/first \d+/);
  await page.fill(LOOP('second'));
  await page.save();
  await page.untilTerminal(/second \d+/);
  await desk.untilBoard('the saved file', { '/main.py': LOOP('second') });
});

test('the log says how long the way from a save to the board was', async () => {
  const line = await until('the line in the log', () => /saved -> verified on the board in (\d+) ms.*/.exec(desk.log()));
  assert.ok(Number(line[1]) > 0);
  console.log(`# ${line[0]}`);
});

test('a file that was made and saved goes to the board, and one that was removed goes from it at the next', async () => {
  desk.write('notes.py', 'x = 1\n');
  await page.openFile('notes.py');
  await page.fill('x = 2\n');
  await page.save();
  await desk.untilBoard('the new file', { '/main.py': LOOP('second'), '/notes.py': 'x = 2\n' });
});
