// Draws the README's pictures of the editor: `cargo xtask ui --pictures`. A real run, as the tests are; asserts little.
import test from 'node:test';
import path from 'node:path';
import { Desk } from './desk.mjs';
import { until, untilText } from './until.mjs';

const MAIN = `import time
import pump

dry = 0
while True:
    moisture = 40 - dry
    print("soil", moisture, "%")
    if moisture < 20:
        pump.water(seconds=2)
        dry = 0
    dry += 1
    time.sleep_ms(500)
`;
const PUMP = `def water(seconds):
    print("water for", seconds, "s")
`;
const WARNER = MAIN.replace('moisture < 20', 'moisture < 35');
const BROKEN = `def water(seconds):
    print("water for " + seconds)
`;

let desk;
let page;
test.before(async () => {
  const settings = { 'boardside.after': 'reset', 'editor.fontSize': 13 };
  desk = await Desk.start({ name: 'readme', projects: { greenhouse: { 'main.py': MAIN, 'lib/pump.py': PUMP } }, settings });
  page = desk.page;
  await desk.untilStatus(/board/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

const draw = async (name) => {
  await page.page.locator('.notification-toast').waitFor({ state: 'hidden' });
  await page.shot(path.join(process.env.BOARDSIDE_PICTURES, `${name}.png`));
};

test('the editor with its board', async () => {
  await page.openFile('main.py');
  await desk.sync();
  await desk.openConsole();
  await page.command('Boardside: Focus on Boards View');
  await page.expand(page.rows().first());
  await page.rows('main.py').first().waitFor();
  await page.untilTerminal(/soil 3[0-5] %/);
  await draw('editor');
});

test('what differs from the board', async () => {
  await page.fill(WARNER);
  await page.save();
  await page.command('Source Control: Focus on Changes View');
  await page.rows('main.py').first().click();
  await untilText('the board’s side', () => page.diffText('original'), /moisture < 20/);
  await draw('differences');
});

test('a traceback that leads to its line', async () => {
  await page.closeEditors();
  desk.write('lib/pump.py', BROKEN, 'greenhouse');
  await page.command('View: Show Explorer');
  await desk.sync();
  await desk.openConsole();
  await page.untilTerminal(/TypeError[^]*>>>/);
  await page.openFile('pump.py');
  await page.page.locator('.squiggly-error').first().waitFor();
  await draw('traceback');
});

test('what a release changes for devices, and the releases before it', async () => {
  await page.closeEditors();
  desk.write('boardside.toml', 'ota = { target = ".releases", files = ["main.py"] }\n', 'greenhouse');
  desk.write('lib/pump.py', PUMP, 'greenhouse');
  await page.command('Boardside: Focus on Releases View');
  await page.rows('.releases').first().waitFor();
  for (const [version, main] of [['1.0.0', MAIN], ['1.0.1', WARNER], ['1.0.2', MAIN]]) {
    desk.write('main.py', main, 'greenhouse');
    await page.command('Boardside: Publish Release…');
    await until('a proposal', async () => (await page.quickInput.inputValue()) === version);
    await page.keyboard.press('Enter');
    await page.quickRow('main.py').waitFor();
    if (version === '1.0.2') {
      await page.rows('1.0.1').filter({ hasText: 'current' }).waitFor();
      break;
    }
    await page.quickRow(`Publish ${version}`).click();
    await desk.untilSaid(new RegExp(`devices are told greenhouse ${version.replaceAll('.', '\\.')}`));
  }
  await draw('releases');
});
