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

/**
 * A failure with one clear end. The message alone says what happened (agents see nothing else), the
 * description how to get unstuck.
 */
export class ApiError extends Error {
	constructor(
		message: string,
		readonly description: string,
		readonly details: ErrorDetails = {},
		/** How long the service asks to wait before the next attempt, in milliseconds. */
		readonly retryAfterMs?: number,
		/** A sentence of ours for the end of the message, however much the service says before it. */
		readonly advice?: string,
	) {
		super(message);
	}
}

/** A value of the form that cannot be sent. */
export function invalidInput(field: string, message: string, description: string): ApiError {
	return new ApiError(message, description, { field });
}

/**
 * The failure that a link to an image stands for, the same whatever became of it: closed ports and
 * open ones, refused addresses and unknown ones must not differ.
 */
export function linkError(): ApiError {
	return new ApiError(
		'The reply links to an image that cannot be loaded',
		'The call may have been billed. Try again; links into the network of n8n are followed to the host of the Base URL alone.',
	);
}
