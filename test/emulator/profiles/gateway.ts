import { notFound } from '../server/apiError';
import type { Exchange, Profile } from '../types';
import { isObject } from '../wire/settings';

const PREFIX = 'google/';
const NO_USAGE: Profile = { description: 'no usage in a stream', style: { usage: 'null' } };

/** Reads a request as gateways other than Nexconn do, each with a part of this; see `docs/gateways.md`. */
export const gateway: Record<string, Profile> = {
	gateway: {
		description: 'Wants Bearer, google/ ids, modalities, stream_options, extra_body.google',
		scheme: 'bearer',
		models: (ids) => ids.map((id) => (id.startsWith('gemini') ? PREFIX + id : id)),
		answer: (exchange, _n, segment) => {
			const { body, profiles } = exchange;
			if (!isObject(body)) return false;
			const model = String(body.model);
			if (!model.startsWith(PREFIX)) throw notFound(`No endpoints found for ${model}.`);
			const usage = isObject(body.stream_options) && body.stream_options.include_usage;
			if (body.stream && !usage) profiles.push({ profile: NO_USAGE, n: 0, segment });
			exchange.body = { ...body, model: model.slice(PREFIX.length), image_config: configOf(body) };
			return false;
		},
		turn: (turn, exchange) => {
			if (!wantsImage(exchange)) Object.assign(turn, { images: [], text: 'Here it is.' });
		},
	},
};

function configOf({ extra_body: extra }: Record<string, unknown>): unknown {
	const google = isObject(extra) ? extra.google : undefined;
	return isObject(google) ? google.image_config : undefined;
}

const wantsImage = ({ body }: Exchange): boolean =>
	isObject(body) && Array.isArray(body.modalities) && body.modalities.includes('image');
