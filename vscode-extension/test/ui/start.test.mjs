// What a user finds before anything is synced: commands, walkthrough, the Boards view, the doctor, imported settings.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until } from './until.mjs';

const PYMAKR = JSON.stringify({ py_ignore: ['notes'], sync_folder: 'src', auto_connect: true });

let desk;
test.before(async () => {
  desk = await Desk.start({
    name: 'start',
    projects: { project: { 'src/main.py': 'print("hello")\n', 'src/notes/a.txt': 'no', 'pymakr.conf': PYMAKR } },
  });
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('the palette has the commands', async () => {
  const found = await until('the commands of Boardside', async () => {
    const labels = await desk.page.commands('Boardside: ');
    return labels.some((label) => label.includes('Sync Project')) && labels;
  });
  for (const title of ['Sync Project', 'Open Console', 'Connect…', 'Compare with Board', 'Doctor', 'Show Log']) {
    assert.ok(found.includes(`Boardside: ${title}`), `${title} in ${found}`);
  }
});
