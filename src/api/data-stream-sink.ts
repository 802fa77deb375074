import type { Transformation } from './transformation.ts';

/** The end of a stream. */
export class DataStreamSink {
  readonly transformation: Transformation;

  constructor(transformation: Transformation) {
    this.transformation = transformation;
  }

  name(name: string): this {
    this.transformation.name = name;
    return this;
  }

  uid(uid: string): this {
    this.transformation.uid = uid;
    return this;
  }

  setDescription(description: string): this {
    this.transformation.description = description;
    return this;
  }

  setParallelism(parallelism: number): this {
    this.transformation.parallelism = parallelism;
    return this;
  }

  setMaxParallelism(maxParallelism: number): this {
    this.transformation.maxParallelism = maxParallelism;
    return this;
  }

  /** The sink is chained with no operator. */
  disableChaining(): this {
    this.transformation.chaining = 'never';
    return this;
  }
}
