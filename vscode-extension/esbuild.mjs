// Bundles the extension into dist/extension.js; `--minify` for the package, else with a source map.
import { build } from 'esbuild';

const minify = process.argv.includes('--minify');
await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20', // of VS Code 1.91
  external: ['vscode'],
  minify,
  sourcemap: !minify,
});
