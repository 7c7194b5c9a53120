// Bundles tests and runs them in plain node: `node test/run.mjs unit` or `node test/run.mjs contract`.
// What they test must not need vscode: it is not there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const which = process.argv[2] ?? 'unit';
const files = which === 'unit' ? readdirSync('test/unit').map((name) => `test/unit/${name}`) : [`test/${which}.test.ts`];
const out = mkdtempSync(join(tmpdir(), 'boardside-test-'));
try {
  await build({
    entryPoints: files, outdir: out, bundle: true, platform: 'node', format: 'cjs', target: 'node20',
    sourcemap: 'inline', logLevel: 'warning',
  });
  const built = readdirSync(out).filter((name) => name.endsWith('.js')).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...built], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
