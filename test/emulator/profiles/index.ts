import { notFound } from '../server/apiError';
import type { Chosen, Profile } from '../types';
import { busy } from './busy';
import { contents } from './contents';
import { errors } from './errors';
import { faults } from './faults';
import { shapes } from './shapes';

export const profiles: Record<string, Profile> = {
	...shapes,
	...contents,
	...errors,
	...busy,
	...faults,
};

function choose(segment: string): Chosen | undefined {
	for (const [name, profile] of Object.entries(profiles)) {
		if (segment !== name && !segment.startsWith(`${name}-`)) continue;
		const rest = segment.slice(name.length);
		const pattern = `^${profile.number ? '-(\\d+)' : '()'}${profile.counted ? '(?:-\\w+)?' : ''}$`;
		const match = new RegExp(pattern).exec(rest);
		if (!match) continue;
		const n = Number(match[1]);
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
