import { root } from './settings';

// What n8n-core and the engine read when they are loaded, hence a module that is imported before them.

process.env.N8N_LOG_LEVEL = 'silent';
// Packages of n8n use parts of Node that newer versions warn about.
process.noDeprecation = true;
// The engine looks for n8n's nodes from here.
process.chdir(root);
