// Programs: run from the editor, stopped, reset; and what is only looked at goes on running.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

const LOOP = 'import time\n\nn = 0\nwhile True:\n    print("tick", n)\n    n += 1\n    time.sleep_ms(100)\n';
const PARTS = 'if False:\n    a = 6\n    print("part", a * 7)\nprint("the " + "rest")\n';

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.after': 'reset' };
  desk = await Desk.start({ name: 'run', projects: { project: { 'main.py': LOOP, 'parts.py': PARTS } }, settings });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

/** The last number that the program printed. */
const last = async () => Number([...(await page.terminalText()).matchAll(/tick (\d+)/g)].at(-1)?.[1]);

/** Does something that makes the program start anew, and waits until it has. */
async function startsAnew(act) {
  await until('a program that runs', async () => (await last()) > 3);
  await page.command('Terminal: Clear');
  await act();
  await page.untilTerminal(/tick 0\n/);
}

test('the Boards view shows a board whose program runs, and the program goes on', async () => {
  await desk.sync();
  await desk.openConsole();
  await page.untilTerminal(/tick \d+/);
  await page.command('Boardside: Focus on Boards View');
  await page.rows('running').waitFor();
  await page.rows('running').hover();
  await page.page.locator('.workbench-hover', { hasText: 'Showing its files stops the program' }).waitFor();
  const before = await last();
  await until('more of it', async () => (await last()) > before + 5);
  assert.equal((await page.terminalHistory()).match(/tick 0\r?\n/g).length, 1);
});

test('when its files are shown the program starts anew', async () => {
  await startsAnew(async () => {
    await page.expand(page.rows().first());
    await page.rows('main.py').first().waitFor();
  });
});

for (const reset of ['Soft Reset', 'Hard Reset']) {
  test(`${reset} starts the program anew, and its files stay listed`, async () => {
    await startsAnew(() => page.command(`Boardside: ${reset}`));
    await desk.untilStatus(/running/);
    await page.rows('main.py').first().waitFor();
  });
}

test('Stop Program stops it', async () => {
  await page.command('Boardside: Stop Program');
  await page.untilTerminal(/>>>$/);
  await desk.untilStatus(/^[^:]+$/);
});

test('Run Selection runs the selected lines, without their indentation', async () => {
  await page.openFile('parts.py');
  await page.select(2, 3);
  await page.command('Boardside: Run Selection');
  assert.doesNotMatch(await page.untilTerminal(/part 42/), /the rest/);
});

test('a click on Run on board above the first line runs the file', async () => {
  await page.openFile('main.py');
  await page.command('Terminal: Clear');
  await page.lens('Run on board').click();
  await page.untilTerminal(/tick 0\n/);
  await page.command('Boardside: Stop Program');
  await page.untilTerminal(/>>>$/);
});
