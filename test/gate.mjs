import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

/** What may be in the tarball; everything else in it fails the gate. */
const SHIPPED = /^(?:dist\/.+|README\.md|LICENSE|package\.json)$/;

/** Runs n8n's own scanner over the sources and over the tarball, as n8n does before it verifies. */
async function main() {
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-gate-'));
	try {
		const [{ filename, files }] = JSON.parse(npm('pack', '--json', '--pack-destination', folder));
		execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder]);
		const stray = files.map(({ path }) => path).filter((path) => !SHIPPED.test(path));
		const results = [
			report('sources', await analyzePackage(process.cwd(), SOURCE_FILE_PATTERNS)),
			report('tarball', await analyzePackage(join(folder, 'package'), ['**/*.js', 'package.json'])),
			report('contents', { passed: stray.length === 0, message: `stray: ${stray.join(', ')}` }),
		];
		process.exitCode = results.every(Boolean) ? 0 : 1;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function report(leg, { passed, message, details }) {
	console.log(`gate: ${leg} ${passed ? 'clean' : `REFUSED\n${details ?? message}`}`);
	return passed;
}

function npm(...args) {
	return execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

await main();
