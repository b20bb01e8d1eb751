import { serveOnnx } from './adapters/serve-onnx.ts';

// A worker's script: it exports nothing and serves the page that starts it.
serveOnnx(() => import('onnxruntime-web/webgpu'));
