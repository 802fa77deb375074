// The public API. Everything here is meant to be used; nothing else is.

export { DataStream } from './api/data-stream.ts';
export { DataStreamSink } from './api/data-stream-sink.ts';
export {
  BucketAssigner,
  Encoder,
  FileSink,
  type OutputFileConfig,
  RollingPolicy,
} from './api/file-sink.ts';
export { KeyedStream } from './api/keyed-stream.ts';
export { loadPipeline, Pipeline } from './api/load-pipeline.ts';
export { OutputTag } from './api/output-tag.ts';
export { py, PyFunction } from './api/python-function.ts';
export { StreamExecutionEnvironment } from './api/environment.ts';
export { TypeInformation, Types } from './api/types.ts';
