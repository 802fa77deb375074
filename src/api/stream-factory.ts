// Makes the streams that other streams lead to. It stands apart because those streams are built on `DataStream` themselves.

import { ConnectedStreams } from './connected-streams.ts';
import type { DataStream } from './data-stream.ts';
import type { StreamExecutionEnvironment } from './environment.ts';
import { KeyedStream } from './keyed-stream.ts';
import type { Leg } from './transformation.ts';

export const streamFactory = {
  keyed<T, K>(environment: StreamExecutionEnvironment, legs: readonly Leg[]): KeyedStream<T, K> {
    return new KeyedStream<T, K>(environment, legs);
  },
  connected<A, B>(first: DataStream<A>, second: DataStream<B>): ConnectedStreams<A, B> {
    return new ConnectedStreams<A, B>(first, second);
  },
};

export type StreamFactory = typeof streamFactory;
