// Two projects in one window, each with its own board: they never mix.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

const projects = {
  kitchen: { 'main.py': 'print("kitchen", 1)\n', 'kettle.py': 'hot = True\n' },
  garden: { 'main.py': 'print("garden", 1)\n', 'pump.py': 'wet = True\n' },
};
const onBoard = (name, main = projects[name]['main.py']) =>
  Object.fromEntries(Object.entries({ ...projects[name], 'main.py': main }).map(([file, text]) => [`/${file}`, text]));

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.autoSync': 'onSave', 'boardside.after': 'reset' };
  desk = await Desk.start({ name: 'folders', projects, settings });
  page = desk.page;
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

const { untilBoard } = Desk.prototype;
const held = (name, wanted) => untilBoard.call(desk, `the files of ${name}`, wanted, { board: desk.boards[name] });

test('the status bar names the board of the active file’s folder', async () => {
  await page.openFile('kettle.py');
  await desk.untilStatus(/board-kitchen/);
  await page.openFile('pump.py');
  await desk.untilStatus(/board-garden/);
});

test('Sync Project syncs the active file’s folder to its own board, and the other stays as it is', async () => {
  await desk.sync();
  await held('garden', onBoard('garden'));
  await held('kitchen', {});
  await page.openFile('kettle.py');
  await desk.untilStatus(/board-kitchen/);
  await page.command('Boardside: Sync Project');
  await held('kitchen', onBoard('kitchen'));
  await held('garden', onBoard('garden'));
});

test('two consoles show each its own board', async () => {
  await desk.openConsole();
  await page.untilTerminal(/>>>/);
  await desk.typeConsole('import kettle; print(kettle.hot, "k" + "ettle")', /True kettle/);
  await page.openFile('pump.py');
  await desk.openConsole();
  await until('another console', async () => !/kettle/.test(await page.terminalText()));
  await page.untilTerminal(/>>>/);
  const text = await desk.typeConsole('import pump; print(pump.wet, "p" + "ump")', /True pump/);
  assert.doesNotMatch(text, /kettle/);
});

test('a save goes to the board of its folder only, for each of them', async () => {
  const kitchen = { ...onBoard('kitchen'), '/kettle.py': 'hot = False\n' };
  await page.openFile('kettle.py');
  await page.fill('hot = False\n');
  await page.save();
  await held('kitchen', kitchen);
  await held('garden', onBoard('garden'));
  await page.openFile('pump.py');
  await page.fill('wet = False\n');
  await page.save();
  await held('garden', { ...onBoard('garden'), '/pump.py': 'wet = False\n' });
  await held('kitchen', kitchen);
});
