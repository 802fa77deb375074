// Makes the streams that other streams lead to. It stands apart because those streams are built on `DataStream` themselves.

import type { StreamExecutionEnvironment } from './environment.ts';
import { KeyedStream } from './keyed-stream.ts';
import type { Leg } from './transformation.ts';

export const streamFactory = {
  keyed<T, K>(environment: StreamExecutionEnvironment, legs: readonly Leg[]): KeyedStream<T, K> {
    return new KeyedStream<T, K>(environment, legs);
  },
};

export type StreamFactory = typeof streamFactory;
