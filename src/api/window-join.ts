// Joins of two streams by windows: `a.join(b).where(key).equalTo(key).window(assigner).apply(function)`.

import type { WindowLike } from '../operators/windowing/assigner.ts';
import type { JoinHow } from '../operators/window-join.ts';
import type { Instance, KeyLike, MaybeAsync, Results } from './accepts.ts';
import { ConnectedStreams } from './connected-streams.ts';
import type { DataStream } from './data-stream.ts';
import type { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';
import type { TriggerLike, WindowAssignerLike } from './window-types.ts';
import { checkLateness, windowsAsData } from './windowing.ts';

export type { JoinHow };

/** What `apply` takes: a result of each pair, or all results of both sides of a window. */
export type JoinLike<How extends JoinHow, A, B, Out> = How extends 'join'
  ?
      | ((left: A, right: B) => MaybeAsync<Out>)
      | Instance<{ join(left: A, right: B): MaybeAsync<Out> }>
      | PyFunction<A | B, Out>
  :
      | ((lefts: A[], rights: B[]) => MaybeAsync<Results<Out>>)
      | Instance<{ coGroup(lefts: A[], rights: B[]): MaybeAsync<Results<Out>> }>
      | PyFunction<A[] | B[], Results<Out>>;

interface LeftKeyed<B, K, How extends JoinHow, A> {
  equalTo(right: KeyLike<B, K>): JoinedByKey<A, B, How>;
}

/** Two streams to be joined; say `where` next. */
export class JoinedStreams<A, B, How extends JoinHow> {
  readonly #left: DataStream<A>;
  readonly #right: DataStream<B>;
  readonly #how: How;

  /** Made by `join` and `coGroup`. */
  constructor(left: DataStream<A>, right: DataStream<B>, how: How) {
    this.#left = left;
    this.#right = right;
    this.#how = how;
  }

  /** The key of the left stream; `equalTo` says that of the right. */
  where<K>(left: KeyLike<A, K>, keyType?: TypeInformation<K>): LeftKeyed<B, K, How, A> {
    return {
      equalTo: (right) =>
        new JoinedByKey(
          new ConnectedStreams(this.#left, this.#right).keyBy(left, right, keyType),
          this.#how,
        ),
    };
  }
}

/** Two streams with their keys; say `window` next. */
export class JoinedByKey<A, B, How extends JoinHow> {
  readonly #streams: ConnectedStreams<A, B>;
  readonly #how: How;

  constructor(streams: ConnectedStreams<A, B>, how: How) {
    this.#streams = streams;
    this.#how = how;
  }

  window<W extends WindowLike>(assigner: WindowAssignerLike<A | B, W>): WindowJoin<A, B, How> {
    return new WindowJoin(this.#streams, { assigner, allowedLatenessMs: 0, how: this.#how });
  }
}

interface WindowJoinSettings<How> {
  assigner: WindowAssignerLike<never, WindowLike>;
  trigger?: TriggerLike;
  allowedLatenessMs: number;
  how: How;
}

/** A join by window that has all it needs; say what becomes of the pairs next. */
export class WindowJoin<A, B, How extends JoinHow> {
  readonly #streams: ConnectedStreams<A, B>;
  readonly #settings: WindowJoinSettings<How>;

  constructor(streams: ConnectedStreams<A, B>, settings: WindowJoinSettings<How>) {
    this.#streams = streams;
    this.#settings = settings;
  }

  /** When windows are evaluated, in place of the assigner's own trigger. */
  trigger(trigger: TriggerLike): WindowJoin<A, B, How> {
    return new WindowJoin(this.#streams, { ...this.#settings, trigger });
  }

  /** How long after the watermark a window is kept for late records, in milliseconds. */
  allowedLateness(ms: number): WindowJoin<A, B, How> {
    checkLateness(ms);
    return new WindowJoin(this.#streams, { ...this.#settings, allowedLatenessMs: ms });
  }

  /** Calls `fn` with each pair of a window and key; of a co-group, with all records of both sides. */
  apply<Out>(fn: JoinLike<How, A, B, Out>, type?: TypeInformation<Out>): DataStream<Out> {
    const { how } = this.#settings;
    const name = how === 'join' ? 'Window Join' : 'Co-Group';
    const { params, parts } = windowsAsData(this.#settings);
    return this.#streams.transform({
      kind: 'window_join',
      name,
      outputType: type?.spec,
      fns: { function: fn, ...parts },
      params: { ...params, how },
    });
  }
}
