import { chatBody, imagesBody, optionsWithoutPlace, type Prompt } from '../request/bodies';
import { receive, type Received, type ReceiveOptions } from '../reply/receive';
import { encodeBody } from '../request/requestBody';
import { InputImage } from '../request/inputImage';
import { resultHints } from './hints';
import type { Turn } from './operation';

/** Sends one prompt and receives its reply, images stored. */
export async function send(
	{ context, client, signal, hint }: Turn,
	prompt: Prompt,
	reading: Pick<ReceiveOptions, 'check' | 'onText'> & { onStart?: () => void },
): Promise<Received> {
	const { timeoutMs, maxRetries } = prompt.options;
	const settings = { timeoutMs, maxRetries, signal };
	const files = prompt.images.filter((image) => image instanceof InputImage);
	const { path, body } = requestOf(prompt);
	const response = await client.post(path, encodeBody(body, files), settings);
	reading.onStart?.();
	const received = await receive(response, {
		...reading,
		clean: client.clean,
		storeBinary: context.helpers.prepareBinaryData,
		download: async (url) => await client.download(url, settings),
		signal,
	});
	resultHints(prompt, received.images).forEach(hint);
	return received;

	function requestOf({ images, options }: Prompt) {
		if (options.endpoint === 'chatCompletions') {
			return { path: '/chat/completions', body: chatBody(prompt) };
		}
		const unused = optionsWithoutPlace(prompt);
		if (unused.length > 0) {
			hint(`The Images endpoint takes no ${unused.join(', ')}: not sent`);
		}
		const path = images.length > 0 ? '/images/edits' : '/images/generations';
		return { path, body: imagesBody(prompt) };
	}
}
