// Releases: published after a preview, listed, and gone back to.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { Desk } from './desk.mjs';

const FILES = { 'main.py': 'print("one")\n', 'boardside.toml': 'name = "blink"\nota = { target = ".releases" }\n' };

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

async function publish(version, change) {
  await page.command('Boardside: Publish Release…');
  await page.answer(version);
  await page.quickRow(change).waitFor();
  const before = told();
  assert.notEqual(before, version, 'nothing has moved yet');
  await page.quickRow(`Publish ${version}`).click();
  await desk.untilSaid(new RegExp(`devices are told blink ${version.replaceAll('.', '\\.')}`));
  assert.equal(told(), version);
}

test('Publish Release shows what changes for devices, and publishes it', async () => {
  await publish('v1.0', 'main.py');
  desk.write('main.py', 'print("two")\n');
  await publish('v1.1', 'main.py');
});

test('Roll Back Release offers the other versions, shows what changes, and tells devices', async () => {
  await page.command('Boardside: Roll Back Release…');
  await page.quickRow('v1.0').click();
  await page.quickRow('main.py').waitFor();
  assert.equal(told(), 'v1.1');
  await page.quickRow('Tell Devices v1.0').click();
  await desk.untilSaid(/devices are told blink v1\.0/);
  assert.equal(told(), 'v1.0');
});

test('the view Releases has the versions, and from each the way to it', async () => {
  await page.command('Boardside: Focus on Releases View');
  await page.rows('v1.0').filter({ hasText: 'current' }).waitFor();
  const newer = page.rows('v1.1');
  await newer.waitFor();
  await newer.hover();
  await newer.getByLabel('Roll Back Release…').click();
  await page.quickRow('Tell Devices v1.1').click();
  await page.rows('v1.1').filter({ hasText: 'current' }).waitFor();
  assert.equal(told(), 'v1.1');
});
