import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

import { installN8n, packTarball } from './n8n';

const FOLDER = resolve(__dirname, '../../node_modules/.cache/nexconn');

/** Once before all suites: n8n is there, and so is the package as it would be published. */
export default function prepare(): void {
	installN8n();
	mkdirSync(FOLDER, { recursive: true });
	process.env.NEXCONN_TARBALL = packTarball(FOLDER);
}
