const MINUTE_MS = 60_000;

/** How a service counts: all of a minute at once, or as they are used up and come back. */
export type Kind = 'window' | 'bucket';

/** Lets `perMinute` requests through; the function gives the wait of one more in milliseconds, or 0. */
export function createQuota(perMinute: number, kind: Kind): () => number {
	let left = perMinute;
	let since = Date.now();

	function refill(now: number): void {
		const passed = now - since;
		if (kind === 'bucket') {
			left = Math.min(perMinute, left + (passed / MINUTE_MS) * perMinute);
			since = now;
		} else if (passed >= MINUTE_MS) {
			left = perMinute;
			since = now - (passed % MINUTE_MS);
		}
	}

	return () => {
		const now = Date.now();
		refill(now);
		if (left >= 1) {
			left--;
			return 0;
		}
		return kind === 'bucket'
			? Math.ceil(((1 - left) / perMinute) * MINUTE_MS)
			: since + MINUTE_MS - now;
	};
}
