/** An answer of the API other than 200, thrown by whoever finds the reason. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly type: string,
		readonly code?: string,
	) {
		super(message);
	}

	get body() {
		return { error: { message: this.message, type: this.type, code: this.code } };
	}
}

export const badRequest = (message: string) =>
	new ApiError(400, message, 'invalid_request_error', 'invalid_parameters');

export const unauthorized = (message = 'Invalid API key provided') =>
	new ApiError(401, message, 'invalid_request_error', 'invalid_api_key');

export const notFound = (message: string) =>
	new ApiError(404, message, 'invalid_request_error', 'not_found');

// The gateway really answers an unknown model name like this, without a code.
export const unknownModel = (model: string) =>
	new ApiError(503, `the price of the model is not set (model: ${model})`, 'quota_exceeded_error');
