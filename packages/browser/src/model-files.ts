export { evictModelFiles, type KeptModelFile, listModelFiles, persistModelFiles } from './models/kept-files.ts';
export type { ModelProgress } from './models/model-download.ts';
export { type GetOptions, modelFile, type ModelFile, type ModelFileOptions, type ModelFileStatus } from './models/model-file.ts';
