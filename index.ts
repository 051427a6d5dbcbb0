export { NexconnApi } from './credentials/NexconnApi.credentials';
export { GeminiImage } from './nodes/GeminiImage/GeminiImage.node';
