/** What is known of a failure beyond its message; ends up in `details` of the failed item. */
export interface ErrorDetails {
	httpCode?: string;
	/** The API's own classification, as it sent it. */
	type?: string;
	code?: string;
	requestId?: string;
	finishReason?: string;
	nativeFinishReason?: string;
	/** What the model said instead of an image. */
	modelText?: string;
	usage?: unknown;
	/** The field of the form that holds the refused value. */
	field?: string;
}

/** What to do about a failure. */
export interface Guidance {
	/** How long the service asks to wait before the next attempt, in milliseconds; undefined: no attempt. */
	retryAfterMs?: number;
	/** A sentence of ours for the end of the message, however much the service says before it. */
	advice?: string;
}

/**
 * A failure with one clear end. The message alone says what happened (agents see nothing else), the
 * description how to get unstuck.
 */
export class ApiError extends Error implements Guidance {
	readonly retryAfterMs?: number;
	readonly advice?: string;

	constructor(
		message: string,
		readonly description: string,
		readonly details: ErrorDetails = {},
		{ retryAfterMs, advice }: Guidance = {},
	) {
		super(message);
		this.retryAfterMs = retryAfterMs;
		this.advice = advice;
	}

	/** The same failure in other words. */
	reworded(words: { message?: string; description?: string; advice?: string }): ApiError {
		// The message of an error is not enumerable.
		const { message = this.message, description, details, ...guidance } = { ...this, ...words };
		return new ApiError(message, description, details, guidance);
	}
}

/** The same failure, with further sentences in front of its description. */
export function withNotes(error: unknown, notes: string[]): unknown {
	if (!(error instanceof ApiError) || notes.length === 0) return error;
	return error.reworded({ description: `${notes.join('. ')}. ${error.description}` });
}

/** One image of a reply is no good; the reply goes on behind it. */
export class DamagedImage extends ApiError {
	constructor(message: string) {
		super(message, 'The call may have been billed. Try again.');
	}
}

/** A value of the form that cannot be sent. */
export function invalidInput(field: string, message: string, description: string): ApiError {
	return new ApiError(message, description, { field });
}
