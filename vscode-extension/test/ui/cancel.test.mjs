// Cancel in the toast of a long sync: it stops, and the board has the old project.
import test from 'node:test';
import crypto from 'node:crypto';
import { Desk } from './desk.mjs';
import { untilText } from './until.mjs';

const OLD = { 'main.py': 'print("old")\n', 'data.txt': 'old\n' };
const ON_BOARD = { '/main.py': OLD['main.py'], '/data.txt': OLD['data.txt'] };

let desk;
let page;
test.before(async () => {
  desk = await Desk.start({ name: 'cancel', projects: { project: OLD }, board: ['--baud', '115200'] });
  page = desk.page;
  await desk.untilStatus(/board-project/);
});
test.afterEach((context) => desk.after(context));
test.after(() => desk.end());

test('Cancel stops a long sync and leaves the old project on the board', async () => {
  await desk.sync();
  await desk.untilBoard('the old project', ON_BOARD);
  desk.write('main.py', 'print("new")\n');
  desk.write('data.txt', crypto.randomBytes(400_000).toString('base64')); // half a minute on this line
  await page.command('Boardside: Sync Project');
  const toast = page.toast('project');
  await toast.waitFor();
  await desk.untilStatus(/\d+%/);
  await untilText('the toast', () => toast.innerText(), /data\.txt/);
  await desk.shot('a-long-sync');
  await page.pressToast('project', 'Cancel');
  await desk.untilSaid(/Boardside: cancelled/);
  await toast.waitFor({ state: 'hidden' });
  await desk.untilBoard('the old project', ON_BOARD);
});

test('a sync after it does all of it', async () => {
  const data = 'new\n'.repeat(100);
  desk.write('data.txt', data);
  await desk.sync();
  await desk.untilBoard('the new project', { '/main.py': 'print("new")\n', '/data.txt': data });
});
