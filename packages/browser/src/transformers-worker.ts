import { serveTransformers } from './adapters/serve-transformers.ts';

// A worker's script: it exports nothing and serves the page that starts it.
serveTransformers(() => import('@huggingface/transformers'));
