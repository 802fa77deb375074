import { checkParallelism, checkText, checkUid } from './arguments.ts';
import type { Transformation } from './transformation.ts';

/** The end of a stream. */
export class DataStreamSink {
  readonly transformation: Transformation;

  constructor(transformation: Transformation) {
    this.transformation = transformation;
  }

  /** Names the sink, for people: in progress, pictures and errors. */
  name(name: string): this {
    checkText('name of a sink', name);
    this.transformation.name = name;
    return this;
  }

  /** Names the sink for its state: a restored job finds it by this. */
  uid(uid: string): this {
    checkUid('a sink', uid);
    this.transformation.uid = uid;
    return this;
  }

  /** What the plan says of the sink. */
  setDescription(description: string): this {
    checkText('description of a sink', description);
    this.transformation.description = description;
    return this;
  }

  /** How many subtasks the sink has, from 1. */
  setParallelism(parallelism: number): this {
    checkParallelism('parallelism', parallelism);
    this.transformation.parallelism = parallelism;
    return this;
  }

  /** The most that the sink can be scaled to. */
  setMaxParallelism(maxParallelism: number): this {
    checkParallelism('max parallelism', maxParallelism);
    this.transformation.maxParallelism = maxParallelism;
    return this;
  }

  /** The sink is chained with no operator. */
  disableChaining(): this {
    this.transformation.chaining = 'never';
    return this;
  }
}
