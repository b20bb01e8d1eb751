/**
 * Logs for `replay()` of `@understudy/core/replay`, and files that let a killed one go on.
 *
 * @module
 */
export { ndjsonRows, type NdjsonRowsOptions } from './replay/ndjson-rows.ts';
export { parquetRows, type ParquetRowsOptions } from './replay/parquet-rows.ts';
export { replayFiles, type ReplayFiles, type ReplayFilesOptions } from './replay/replay-files.ts';
export { storeRows, type StoreRowsOptions } from './replay/store-rows.ts';
