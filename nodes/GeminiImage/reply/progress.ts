/**
 * How far a reply has come, told by its events. A finish reason alone proves nothing, as gateways
 * send `stop` as a heartbeat before and between: it counts once it stands behind all content.
 */
export function createProgress() {
	let isSaidComplete = false;
	let isFailed = false;
	let hasUsage = false;
	let isFinished = false;
	/** What has come behind the last content. */
	let behind = { finish: false, usage: false };
	let newsAt = Date.now();
	const news = () => void (newsAt = Date.now());

	return {
		/** Text, thoughts or an image came. */
		content(): void {
			behind = { finish: false, usage: false };
			news();
		},

		/** A finish reason came, which is news once. */
		finish(): void {
			if (!behind.finish) news();
			behind.finish = true;
			isFinished = true;
		},

		/** The usage came, which is news once. */
		usage(): void {
			if (!behind.usage) news();
			behind.usage = true;
			hasUsage = true;
		},

		/** The reply says itself that it is complete. */
		complete(): void {
			isSaidComplete = true;
			news();
		},

		/** The reply says that it failed. */
		fail: () => void (isFailed = true),

		isFailed: () => isFailed,
		/** Whether the reply is complete, so that nothing behind it can take anything back. */
		isComplete: () => !isFailed && (isSaidComplete || (behind.finish && hasUsage)),
		/** Whether the reply says itself that it is complete. */
		isSaidComplete: () => isSaidComplete,
		/** Whether a finish reason came, wherever it stands. */
		isFinished: () => isFinished,
		/** When something new came last, in milliseconds since 1970. */
		newsAt: () => newsAt,
	};
}

export type Progress = ReturnType<typeof createProgress>;
