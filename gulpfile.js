const { rmSync } = require('node:fs');
const { build } = require('esbuild');
const { dest, parallel, series, src } = require('gulp');

const common = { outdir: 'dist', outbase: '.', format: 'cjs', platform: 'node', target: 'node20' };

async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

/** What n8n loads, bundled with all that it uses, as n8n allows no runtime dependencies. */
async function bundle() {
	await build({
		...common,
		entryPoints: ['credentials/NexconnApi.credentials.ts', 'nodes/GeminiImage/GeminiImage.node.ts'],
		bundle: true,
		external: ['n8n-workflow'],
	});
}

async function index() {
	await build({ ...common, entryPoints: ['index.ts'] });
}

function copyIcons() {
	return src('nodes/**/*.svg', { encoding: false }).pipe(dest('dist/nodes'));
}

function copyCodex() {
	return src('nodes/**/*.node.json').pipe(dest('dist/nodes'));
}

exports.default = series(clean, parallel(bundle, index, copyIcons, copyCodex));
