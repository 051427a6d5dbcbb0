const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, transform } = require('esbuild');
const { dest, parallel, series, src } = require('gulp');

const common = {
	...{ outdir: 'dist', outbase: '.', format: 'cjs', platform: 'node', target: 'node20' },
	// Names stay, so that the code can be read.
	...{ minifyWhitespace: true, minifySyntax: true },
};

async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

/** `image-size` reads types of files that the node takes for no images: what nobody calls stays out. */
const FOREIGN_TYPES = {
	name: 'foreign-types',
	setup(build) {
		const names = 'CUR DDS ICNS ICO J2C JP2 JXL JXLStream KTX PNM PSD SVG TGA'.split(' ');
		const files = names.join('|').replace('JXLStream', 'JXL-STREAM').toLowerCase();
		const filter = new RegExp(`image-size[\\\\/]dist[\\\\/]\\w+[\\\\/]types[\\\\/](?:${files})\\.js$`);
		const none = 'const none = { validate: () => false };';
		const contents = `${none}export { ${names.map((name) => `none as ${name}`).join(', ')} };`;
		build.onLoad({ filter }, () => ({ contents, loader: 'js' }));
	},
};

/** The list of top-level domains is a tenth shorter as one text of the names that hosts have. */
const DOMAINS = {
	name: 'domains',
	setup(build) {
		build.onLoad({ filter: /[\\/]tlds[\\/]index\.json$/ }, ({ path }) => {
			const domains = JSON.parse(readFileSync(path, 'utf8'));
			const hosts = domains.map((domain) => new URL(`http://${domain}`).hostname);
			return { contents: `module.exports = "${hosts.join(' ')}".split(' ')`, loader: 'js' };
		});
	},
};

/** What comes from libraries has short names: it is read in their own repositories. */
const SHORT_NAMES = {
	name: 'short-names',
	setup(build) {
		build.onLoad({ filter: /[\\/]node_modules[\\/].+\.m?js$/ }, async ({ path }) => {
			const { code } = await transform(readFileSync(path, 'utf8'), { minify: true });
			return { contents: code, loader: 'js' };
		});
	},
};

/** What n8n loads, bundled with all that it uses, as n8n allows no runtime dependencies. */
async function bundle() {
	const { metafile } = await build({
		...common,
		entryPoints: ['credentials/NexconnApi.credentials.ts', 'nodes/GeminiImage/GeminiImage.node.ts'],
		bundle: true,
		external: ['n8n-workflow'],
		metafile: true,
		plugins: [FOREIGN_TYPES, DOMAINS, SHORT_NAMES],
	});
	writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licensesOf(Object.keys(metafile.inputs)));
}

/** The licenses of the bundled packages, whose terms ask for them to go along. */
function licensesOf(files) {
	const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
	return [...new Set(folders)]
		.filter(Boolean)
		.map((folder) => {
			const license = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
			const name = folder.split('node_modules/').at(-1);
			return `${name}\n\n${readFileSync(join(folder, license), 'utf8')}`;
		})
		.join('\n---\n\n');
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
