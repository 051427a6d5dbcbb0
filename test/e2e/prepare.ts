import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

import { installDebianPackages } from './debian';
import { installN8n, packTarball } from './n8n';

const FOLDER = resolve(__dirname, '../../node_modules/.cache/nexconn');

/** Before anything else: n8n is there, and so is the package as it would be published. */
export function prepareN8n(): void {
	installN8n();
	mkdirSync(FOLDER, { recursive: true });
	process.env.NEXCONN_TARBALL = packTarball(FOLDER);
}

/** Once before all suites. */
export default function prepare(): void {
	installDebianPackages();
	prepareN8n();
}
