// The Boards view: a board, its files, and what one does with them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from './desk.mjs';
import { until, untilText } from './until.mjs';

const FILES = { 'main.py': 'print("hello")\n', 'lib/notes.py': 'x = 1\n' };
const ON_BOARD = { '/main.py': FILES['main.py'], '/lib/notes.py': FILES['lib/notes.py'] };

let desk;
let page;
test.before(async () => {
  desk = await Desk.start({ name: 'boards', projects: { project: FILES } });
  page = desk.page;
  await desk.untilStatus(/board-project/);
  await page.command('Boardside: Focus on Boards View');
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('a board that was found is listed, and tells more once it is connected', async () => {
  const row = page.rows().first();
  await untilText('the board', () => row.innerText(), /not connected/);
  await desk.sync();
  await untilText('the board', () => row.innerText(), /connected · v[\d.]+\S* · .*MiB free/);
});

test('its files are below it, with folders first', async () => {
  await page.expand(page.rows().first());
  await page.rows('main.py').first().waitFor();
  await page.expand(page.rows(/^lib$/));
  await page.rows('notes.py').first().waitFor();
  const names = await page.page.locator('.sidebar .monaco-list-row .label-name').allInnerTexts();
  assert.deepEqual(names.slice(1), ['lib', 'notes.py', 'main.py']);
});

test('a file of the board opens, is edited, and is saved to the board', async () => {
  await page.rows('main.py').first().click();
  await page.tab('main.py').waitFor();
  await untilText('the editor', () => page.editorText(), /print\("hello"\)/);
  await page.fill('print("from the board view")\n');
  await page.save();
  await desk.untilBoard('the saved file', { ...ON_BOARD, '/main.py': 'print("from the board view")\n' });
  assert.equal(desk.read('main.py'), FILES['main.py'], 'the project is another file');
});

test('a file is renamed on the board', async () => {
  await page.menu(page.rows('notes.py').first(), 'Rename…');
  await page.answer('renamed.py');
  await page.rows('renamed.py').first().waitFor();
  const { '/lib/notes.py': notes, '/lib/renamed.py': renamed } = await desk.board.files();
  assert.deepEqual([notes, renamed], [undefined, FILES['lib/notes.py']]);
});

test('a new folder is made on the board', async () => {
  await page.menu(page.rows().first(), 'New Folder…');
  await page.answer('data');
  await page.rows(/^data$/).waitFor();
});

test('a file that is dragged to a folder moves there', async () => {
  const wanted = { '/main.py': 'print("from the board view")\n', '/data/renamed.py': FILES['lib/notes.py'] };
  const file = page.rows('renamed.py');
  // A tree that is drawn anew under the pointer forgets the drag; people drag again.
  await until('the file to move', async () => {
    if (await file.count()) await page.drag(file.first(), page.rows(/^data$/));
    return desk.untilBoard('the moved file', wanted, { limit: 5000 }).then(() => true, () => false);
  }, 60000);
  // Rows that are drawn anew are not clicked: the click would be that on another one.
  await until('the view without the file in its old place', async () => {
    const index = (name) => page.rows(name).first().getAttribute('data-index').then(Number);
    return !(await file.count()) || (await index('renamed.py')) !== (await index(/^lib$/)) + 1;
  });
  await page.expand(page.rows(/^data$/));
  await file.first().waitFor();
});

test('a file is deleted from the board after a question', async () => {
  await page.menu(page.rows('renamed.py').first(), 'Delete');
  await page.pressDialog('Delete');
  await until('the file to go', async () => (await page.rows('renamed.py').count()) === 0);
  await desk.untilBoard('the other file only', { '/main.py': 'print("from the board view")\n' });
});

test('Disconnect frees the port, and an open file of the board does not take it again', async () => {
  await page.page.locator('.part.editor .tab', { hasText: 'main.py' }).waitFor();
  await page.command('Boardside: Disconnect');
  const row = page.rows().first();
  await untilText('the board', () => row.innerText(), /not connected/);
  await page.openFile('notes.py'); // of the project; then back to that of the board, which the editor looks at again
  await page.page.locator('.part.editor .tab', { hasText: 'main.py' }).first().click();
  await page.tab('main.py').waitFor();
  await page.fill('print("too late")\n');
  await page.keyboard.press('Control+S');
  await page.toast('the board is not connected').waitFor();
  assert.match(await row.innerText(), /not connected/);
  assert.equal((await desk.board.files())['/main.py'], 'print("from the board view")\n');
});
