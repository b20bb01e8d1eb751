export type { FsyncPolicy } from './sinks/append-file.ts';
export { fileSink, type FileSink, type FileSinkOptions, type FileSinkStatus } from './sinks/file-sink.ts';
export { spooled, type SpooledOptions, type SpooledSink, type SpoolStatus } from './sinks/spooled.ts';
export { fileRegistry, type FileRegistryOptions } from './registry/file-registry.ts';
