// Makes the streams that other streams lead to. It stands apart because those streams are built on `DataStream` themselves.

import type { WindowLike } from '../operators/windowing/assigner.ts';
import { AllWindowedStream } from './all-windowed-stream.ts';
import { ConnectedStreams } from './connected-streams.ts';
import type { DataStream } from './data-stream.ts';
import type { StreamExecutionEnvironment } from './environment.ts';
import { KeyedStream } from './keyed-stream.ts';
import { JoinedStreams, type JoinHow } from './window-join.ts';
import type { WindowAssignerLike } from './window-types.ts';
import type { Leg } from './transformation.ts';

export const streamFactory = {
  keyed<T, K>(environment: StreamExecutionEnvironment, legs: readonly Leg[]): KeyedStream<T, K> {
    return new KeyedStream<T, K>(environment, legs);
  },
  connected<A, B>(first: DataStream<A>, second: DataStream<B>): ConnectedStreams<A, B> {
    return new ConnectedStreams<A, B>(first, second);
  },
  joined<A, B, How extends JoinHow>(
    left: DataStream<A>,
    right: DataStream<B>,
    how: How,
  ): JoinedStreams<A, B, How> {
    return new JoinedStreams<A, B, How>(left, right, how);
  },
  /** Windows of all records: of one key that they share. */
  allWindowed<T, W extends WindowLike>(
    stream: DataStream<T>,
    assigner: WindowAssignerLike<T, W>,
  ): AllWindowedStream<T, W> {
    return new AllWindowedStream<T, W>(stream.keyBy(nothing), {
      assigner,
      allowedLatenessMs: 0,
      allWindows: true,
    });
  },
};

function nothing(): null {
  return null;
}

export type StreamFactory = typeof streamFactory;
