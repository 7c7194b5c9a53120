// The console: live, typed into, with its history through syncs and pulled cables; tracebacks lead to their lines.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until, untilText } from './until.mjs';

const LOOP = 'import time\n\nn = 0\nwhile True:\n    print("tick", n)\n    n += 1\n    time.sleep_ms(100)\n';
const FAILING = 'import lights\n\nprint("about to fail")\nlights.show(None)\n';
const LIGHTS = 'def show(n):\n    for i in range(2):\n        print(n + i)\n';

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.after': 'reset' };
  const files = { 'main.py': LOOP, 'lib/lights.py': LIGHTS };
  desk = await Desk.start({ name: 'console', projects: { project: files }, settings });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

/** The numbers that the terminal shows. */
const ticks = (text) => [...text.matchAll(/tick (\d+)/g)].map(([, n]) => Number(n));

test('the console shows what the program prints, as it prints', async () => {
  await desk.sync();
  await desk.openConsole();
  const before = ticks(await page.untilTerminal(/tick \d+/)).at(-1);
  await until('more of it', async () => ticks(await page.terminalText()).at(-1) > before + 5);
  await desk.untilStatus(/running/);
});

test('Ctrl-C stops the program, and the board calculates', async () => {
  await page.focusTerminal();
  await page.keyboard.press('Control+C');
  await page.untilTerminal(/KeyboardInterrupt[^]*>>>/);
  await desk.typeConsole('1+1', /1\+1\n2\n>>>/);
});

test('it survives a sync with its history', async () => {
  await desk.typeConsole('print("before " + "the sync")', /\nbefore the sync/);
  desk.write('main.py', 'print("after " + "the sync")\n');
  await desk.sync();
  await page.untilTerminal(/\nafter the sync/);
  assert.match(await page.terminalHistory(), /before the sync[^]*after the sync/);
});

test('it survives a pulled cable with its history, and goes on when the board is back', async () => {
  await desk.typeConsole('kept = 6 * 7', /kept = 6 \* 7\n>>>/);
  await desk.board.cut();
  await desk.untilStatus(/gone/);
  await desk.board.back();
  await until('an answer', async () => !/gone/.test(await desk.status()));
  await desk.typeConsole('print("still", kept)', /\nstill 42/);
  assert.match(await page.terminalHistory(), /before the sync[^]*still 42/);
});

test('it is there again when the window was loaded anew', async () => {
  await page.reload();
  await page.panel('board-project').waitFor();
  await desk.openConsole();
  await desk.typeConsole('print("and", kept)', /\nand 42/);
});

test('a traceback is in Problems at its line, and a click opens the file there', async () => {
  desk.write('main.py', FAILING);
  await desk.sync();
  await page.untilTerminal(/TypeError/);
  await page.command('Problems: Focus on Problems View');
  const problem = page.problems('TypeError').first();
  await problem.waitFor();
  assert.match(await problem.innerText(), /Ln 3,/);
  await page.problems('lights.py').first().waitFor();
  await problem.dblclick();
  await page.tab('lights.py').waitFor();
  await untilText('the cursor', () => page.cursor(), /^Ln 3, Col 21 \(20 selected\)$/); // the line, and not the next
});

test('a click on a line of a traceback in the console opens the file there', async () => {
  await page.closeEditors();
  await desk.openConsole();
  await page.untilTerminal(/File "main\.py", line 4/);
  await page.followLink('File "main.py", line 4');
  await page.tab('main.py').waitFor();
  await untilText('the cursor', () => page.cursor(), /^Ln 4,/);
});

test('the problem goes when the program runs clean', async () => {
  desk.write('main.py', 'print("all " + "clean")\n');
  await desk.sync();
  await desk.openConsole();
  await page.untilTerminal(/\nall clean/);
  await page.command('Problems: Focus on Problems View');
  await until('no problem', async () => (await page.problems('TypeError').count()) === 0);
});

test('the file of the editor runs on the board without being put there', async () => {
  desk.write('try_it.py', 'print("tried", 6 * 7)\n');
  await page.openFile('try_it.py');
  await page.command('Boardside: Run Current File on Board');
  await desk.openConsole();
  await page.untilTerminal(/tried 42/);
  assert.ok(!('/try_it.py' in (await desk.board.files())));
});
