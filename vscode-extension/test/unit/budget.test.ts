// The extension stays thin: what would make it thick belongs in the sidecar.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const files = readdirSync('src', { recursive: true }).map(String).filter((name) => name.endsWith('.ts')).map((name) => {
  const text = readFileSync(`src/${name}`, 'utf8');
  const code = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*\*|\*)/.test(line)).length;
  return { name: name.replaceAll('\\', '/'), text, lines: text.split('\n').length - 1, code };
});

/** 1,300 for boards and files, 150 for releases: a view, a preview, the next version. */
const MOST = 1_450;

test(`src holds at most ${MOST} lines of code`, () => {
  const sum = files.reduce((total, { code }) => total + code, 0);
  assert.ok(sum > 500, `only ${sum} lines were found`);
  assert.ok(sum <= MOST, `${sum} lines: ${files.map(({ name, code }) => `${name} ${code}`).join(', ')}`);
});

test('no file is longer than 250 lines, and each says what it is first', () => {
  for (const { name, lines, text } of files) {
    assert.ok(lines <= 250, `${name} has ${lines} lines`);
    assert.match(text, /^\/\/ [A-Z].+\.\n/, `${name} does not start with what it is`);
  }
});

test('vscode is imported only where the editor is', () => {
  const may = (name: string) => /^(extension|commands|log)\.ts$|^views\//.test(name);
  const wrong = files.filter(({ name, text }) => !may(name) && /from 'vscode'/.test(text));
  assert.deepEqual(wrong.map(({ name }) => name), []);
  assert.ok(files.some(({ text }) => /from 'vscode'/.test(text)), 'the pattern finds nothing at all');
});

test('the language client is the only dependency', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
  assert.deepEqual(Object.keys(dependencies), ['vscode-languageclient']);
});
