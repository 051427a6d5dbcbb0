import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { installDebianPackages } from './debian';
import { installN8n, packTarball, ROOT } from './install';
import { step } from './progress';

const FOLDER = join(ROOT, 'node_modules', '.cache', 'nexconn');

/** Before anything else: n8n is there, and so is the package as it would be published. */
export async function prepareN8n(): Promise<void> {
	await installN8n();
	mkdirSync(FOLDER, { recursive: true });
	process.env.NEXCONN_TARBALL = await step('Building the node', () => packTarball(FOLDER));
}

/** Once before all suites. */
export default async function prepare(): Promise<void> {
	installDebianPackages();
	await prepareN8n();
}
