// What package.json promises, against the code and protocol.md.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS, METHODS, PROTOCOL } from '../../src/protocol';

interface Item { command: string; title?: string; category?: string; key?: string }
const { contributes, activationEvents } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  activationEvents: string[];
  contributes: {
    commands: Item[]; keybindings: Item[]; menus: Record<string, Item[]>;
    configuration: { properties: Record<string, { default: unknown; scope: string }> };
    walkthroughs: { steps: { description: string; media: { markdown: string } }[] }[];
    viewsWelcome: { contents: string }[];
  };
};
const contract = readFileSync('../protocol.md', 'utf8');
const ids = contributes.commands.map(({ command }) => command);

test('every command that is contributed is registered, and the other way round', () => {
  const code = readFileSync('src/commands.ts', 'utf8');
  for (const id of ids.map((command) => command.replace('boardside.', ''))) {
    assert.match(code, new RegExp(`^\\s+'?${id.replace('.', '\\.')}'?: `, 'm'), `${id} is not registered`);
  }
  const registered = [...code.matchAll(/^ {2}(\w+): \{ needs|^ {4}'([\w.]+)': \(/gm)].map((match) => `boardside.${match[1] ?? match[2]}`);
  assert.deepEqual(registered.sort(), [...ids].sort());
});

test('no command has the name of one of the sidecar, which the client registers', () => {
  assert.deepEqual(ids.filter((id) => (COMMANDS as readonly string[]).includes(id)), []);
});

test('the commands have the titles that the documents use', () => {
  const titles = contributes.commands.slice(0, 17).map(({ title, category }) => `${category}: ${title}`);
  assert.deepEqual(titles, [
    'Sync Project', 'Open Console', 'Connect…', 'Disconnect', 'Run Current File on Board', 'Run Selection', 'Stop Program',
    'Soft Reset', 'Hard Reset', 'Download Project from Board', 'Compare with Board', 'Doctor', 'Show Log',
    'Pack Project…', 'Write Package…', 'Publish Release…', 'Roll Back Release…',
  ].map((title) => `Boardside: ${title}`));
});

test('menus, keys, links and activation name commands that exist', () => {
  const named = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(({ command }) => command);
  const texts = [...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ description }) => description)),
    ...contributes.viewsWelcome.map(({ contents }) => contents)];
  const linked = texts.flatMap((text) => [...text.matchAll(/command:(boardside\.[\w.]+)/g)].map((match) => match[1] ?? ''));
  for (const id of [...named, ...linked]) {
    assert.ok(ids.includes(id) || id === 'boardside.boards.focus', `${id} does not exist`);
  }
  assert.ok(activationEvents.includes('onFileSystem:boardside'));
});

test('keys are one chord family, each used once', () => {
  const keys = contributes.keybindings.map(({ key }) => key ?? '');
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(keys.filter((key) => !/^ctrl\+alt\+h [a-z]$/.test(key)), []);
});

test('the files of the walkthrough are there', () => {
  for (const { media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
    assert.ok(existsSync(media.markdown), media.markdown);
  }
});

test('settings are those of protocol.md, and unset so that boardside.toml holds', () => {
  const table = contract.slice(contract.indexOf('\n## Settings'), contract.indexOf('### boardside/settings'));
  const promised = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((match) => `boardside.${match[1]}`);
  const own = ['boardside.serverPath', 'boardside.trace.server'];
  const { properties } = contributes.configuration;
  assert.deepEqual(Object.keys(properties).sort(), [...promised, ...own].sort());
  for (const name of promised) {
    assert.equal(properties[name]?.default, null, name);
    assert.equal(properties[name]?.scope, 'resource', name);
  }
  assert.equal(properties['boardside.serverPath']?.scope, 'machine');
});

test('methods, commands and version are those of protocol.md', () => {
  // Those of `host` and `wire` are between two machines; an editor has the boards of both in `boardside/boards`.
  const headings = [...contract.matchAll(/^### (boardside\/(?!host\/|wire\/)[\w/]+)$/gm)].map((match) => match[1]);
  assert.deepEqual([...METHODS].sort(), headings.sort());
  const rows = [...contract.matchAll(/^\| `(boardside\.\w+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual([...COMMANDS].sort(), rows.sort());
  assert.match(contract, new RegExp(`^Version: \\*\\*${PROTOCOL}\\*\\*`, 'm'));
});
