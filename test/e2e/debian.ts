import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What the tests need beside Node, by Debian package: a path that each brings. */
const PACKAGES = {
	chromium: '/usr/bin/chromium',
	graphicsmagick: '/usr/bin/gm',
	postgresql: '/usr/lib/postgresql',
	'redis-server': '/usr/bin/redis-server',
};

type Name = keyof typeof PACKAGES;

export const isRoot = process.getuid?.() === 0;

/** Installs those of the Debian packages that are missing: about half a minute, once. */
export function installDebianPackages(names = Object.keys(PACKAGES) as Name[]): void {
	const missing = names.filter((name) => !existsSync(PACKAGES[name]));
	if (missing.length === 0) return;
	console.log(`Installing ${missing.join(', ')} …`);
	try {
		apt('update');
		apt('install', '--yes', '--no-install-recommends', ...missing);
	} catch (error) {
		throw new Error(`The end-to-end tests need ${missing.join(', ')}`, { cause: error });
	}
}

function apt(...args: string[]): void {
	const [program = '', ...rest] = [...(isRoot ? [] : ['sudo']), 'apt-get', ...args];
	execFileSync(program, rest, {
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
		stdio: ['ignore', 'ignore', 'inherit'],
	});
}
