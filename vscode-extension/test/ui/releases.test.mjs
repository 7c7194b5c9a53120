// Releases: published after a preview, listed, and gone back to.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

const FILES = { 'main.py': 'print("one")\n', 'wifi.py': 'import network\n', 'boardside.toml': 'name = "blink"\n' };

let desk;
let page;
test.before(async () => {
  desk = await Desk.start({ name: 'releases', projects: { project: FILES } });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

const told = () => {
  const file = desk.path('work', 'project', '.releases', 'blink', 'version');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};
const row = (version) => page.rows(version).first();

/** Opens the preview of the version that is proposed. */
async function propose(version, change) {
  await page.command('Boardside: Publish Release…');
  await until('a proposal', async () => (await page.quickInput.inputValue()) === version);
  await page.keyboard.press('Enter');
  await page.quickRow(change).waitFor();
}

async function publish(version, change) {
  await propose(version, change);
  assert.notEqual(told(), version, 'nothing has moved yet');
  await page.quickRow(`Publish ${version}`).click();
  await desk.untilSaid(new RegExp(`devices are told blink ${version.replaceAll('.', '\\.')}`));
  assert.equal(told(), version);
}

test('the view Releases says how to set a target, and shows it once it is set', async () => {
  await page.command('Boardside: Focus on Releases View');
  await page.page.locator('.sidebar', { hasText: 'Name a folder that a web server serves' }).waitFor();
  desk.write('boardside.toml', 'name = "blink"\nota = { target = ".releases" }\n');
  await page.rows('blink').filter({ hasText: '.releases' }).waitFor();
});

test('Publish Release proposes a version, shows what changes for devices, and publishes it', async () => {
  await propose('1.0.0', 'wifi.py');
  await page.keyboard.press('Escape');
  assert.equal(told(), undefined);
  await publish('1.0.0', 'main.py');
  await row('1.0.0').filter({ hasText: 'current' }).waitFor();
});

test('the next one is proposed, compared with the current one, and what was edited is saved for it', async () => {
  await page.openFile('main.py');
  await page.fill('print("two")\n');
  await propose('1.0.1', 'main.py');
  assert.equal(await page.quickRow('wifi.py').count(), 0);
  await desk.shot('what-a-release-changes');
  await page.quickRow('Publish 1.0.1').click();
  await desk.untilSaid(/devices are told blink 1\.0\.1/);
  await row('1.0.1').filter({ hasText: 'current' }).waitFor();
  await row('1.0.0').filter({ hasText: '1 file other than now' }).waitFor();
});

test('Roll Back Release offers the versions, shows what changes, and tells devices', async () => {
  await page.command('Boardside: Roll Back Release…');
  await page.quickRow('1.0.0').waitFor();
  const rows = await page.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
  assert.deepEqual(rows.map((text) => /1\.0\.\d/.exec(text)?.[0]), ['1.0.1', '1.0.0']);
  assert.match(rows[0], /current/);
  await page.quickRow('1.0.0').click();
  await page.quickRow('main.py').waitFor();
  assert.equal(told(), '1.0.1');
  await page.quickRow('Tell Devices 1.0.0').click();
  await desk.untilSaid(/devices are told blink 1\.0\.0/);
  assert.equal(told(), '1.0.0');
});

test('from each version in the view there is a way to it', async () => {
  await row('1.0.0').filter({ hasText: 'current' }).waitFor();
  const newer = row('1.0.1');
  await newer.hover();
  await newer.getByLabel('Roll Back Release…').click();
  await page.quickRow('Tell Devices 1.0.1').click();
  await row('1.0.1').filter({ hasText: 'current' }).waitFor();
  assert.equal(told(), '1.0.1');
});

test('a version that is taken is refused before anything moves', async () => {
  await page.command('Boardside: Publish Release…');
  await page.answer('1.0.0');
  await page.toast('published already with another content').waitFor();
  assert.equal(told(), '1.0.1');
});
