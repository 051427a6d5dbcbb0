import { notFound } from '../server/apiError';
import type { Chosen, Profile } from '../types';
import { busy } from './busy';
import { contents } from './contents';
import { endings } from './endings';
import { errors } from './errors';
import { faults } from './faults';
import { gateway } from './gateway';
import { judge } from './judge';
import { recorded } from './recorded';
import { shapes } from './shapes';

export const profiles: Record<string, Profile> = {
	...shapes,
	...contents,
	...errors,
	...busy,
	...faults,
	...endings,
	...gateway,
	...judge,
	...recorded,
};

function choose(segment: string): Chosen | undefined {
	for (const [name, profile] of Object.entries(profiles)) {
		if (segment !== name && !segment.startsWith(`${name}-`)) continue;
		const rest = segment.slice(name.length);
		if (profile.names && !profile.names.includes(rest.slice(1))) continue;
		const part = profile.names ? '-.*' : profile.number ? '-(\\d+)' : '';
		const match = new RegExp(`^${part}${profile.counted ? '(?:-\\w+)?' : ''}$`).exec(rest);
		if (!match) continue;
		const n = Number(match[1] ?? 0);
		const [min, max] = profile.number ?? [0, Infinity];
		if (n >= min && n <= max) return { profile, n, segment };
	}
	return undefined;
}

/** Several profiles can be joined with a plus sign: /usage-last-chunk+gzip/v1. */
export function chooseProfiles(segment: string): Chosen[] {
	if (segment === '') return [];
	return segment.split('+').map((name) => {
		const chosen = choose(name);
		if (!chosen) throw notFound(`Unknown profile: ${name}`);
		return chosen;
	});
}
