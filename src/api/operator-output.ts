import { inspect } from 'node:util';
import { GraphError } from '../errors.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import type { StreamExecutionEnvironment } from './environment.ts';
import { checkParallelism, checkText, checkUid } from './arguments.ts';
import type { Leg, Partitioning, Transformation } from './transformation.ts';

/** What all streams are: the output of an operator, or of several behind a union. */
export class OperatorOutput {
  readonly environment: StreamExecutionEnvironment;
  /** The outputs it unites; one, except behind `union`. */
  readonly legs: readonly Leg[];

  /** Streams are made by an environment and by other streams. */
  constructor(environment: StreamExecutionEnvironment, legs: readonly Leg[]) {
    this.environment = environment;
    this.legs = legs;
  }

  /** Names the operator, for people: in progress, pictures and errors. */
  name(name: string): this {
    checkText('name of an operator', name);
    this.operatorOf('name').name = name;
    return this;
  }

  /** Identifies the operator's state over changes of the program. */
  uid(uid: string): this {
    checkUid('an operator', uid);
    this.operatorOf('uid').uid = uid;
    return this;
  }

  /** What the plan says of the operator. */
  setDescription(description: string): this {
    checkText('description of an operator', description);
    this.operatorOf('setDescription').description = description;
    return this;
  }

  /** How many subtasks the operator has, from 1. */
  setParallelism(parallelism: number): this {
    const operator = this.operatorOf('setParallelism');
    checkParallelism('parallelism', parallelism);
    checkNonParallel(operator, parallelism);
    for (const part of partsOf(operator)) part.parallelism = parallelism;
    return this;
  }

  /** The number of key groups: the most that the operator can be scaled to. */
  setMaxParallelism(maxParallelism: number): this {
    checkParallelism('max parallelism', maxParallelism);
    const operator = this.operatorOf('setMaxParallelism');
    for (const part of partsOf(operator)) part.maxParallelism = maxParallelism;
    return this;
  }

  /** Runs at parallelism 1. */
  forceNonParallel(): this {
    const operator = this.operatorOf('forceNonParallel');
    for (const part of partsOf(operator)) {
      part.parallelism = 1;
      part.nonParallel = true;
    }
    return this;
  }

  /** The operator begins a chain of its own. */
  startNewChain(): this {
    this.operatorOf('startNewChain').chaining = 'head';
    return this;
  }

  /** The operator is chained with none. */
  disableChaining(): this {
    this.operatorOf('disableChaining').chaining = 'never';
    return this;
  }

  /** The declared type of the records, where there is one and it is the same on all legs. */
  get outputType(): TypeSpec | undefined {
    const [first, ...rest] = this.legs.map(({ from, sideTag }) =>
      sideTag === undefined ? from.outputType : from.sideTypes.get(sideTag),
    );
    return rest.every((type) => JSON.stringify(type) === JSON.stringify(first)) ? first : undefined;
  }

  protected repartitioned(partitioning: Partitioning): readonly Leg[] {
    return this.legs.map((leg) => ({ ...leg, partitioning }));
  }

  protected checkSameEnvironment(other: { environment: StreamExecutionEnvironment }): void {
    if (!(other instanceof OperatorOutput)) {
      throw new GraphError(`A stream is combined with streams; it was given ${inspect(other)}.`);
    }
    if (other.environment !== this.environment) {
      throw new GraphError(
        'The streams are of two environments and cannot be combined; build both from one environment.',
      );
    }
  }

  /** The operator that a setting is of. */
  protected operatorOf(method: string): Transformation {
    const [leg, ...more] = this.legs;
    if (leg === undefined || more.length > 0) {
      throw new GraphError(
        `${method}() is of one operator, and a union has none of its own; call it on the streams before union().`,
      );
    }
    return leg.from;
  }
}

/** The operator, and what to the program is one with it. */
function partsOf(operator: Transformation): Transformation[] {
  return operator.follows === undefined ? [operator] : [operator, operator.follows];
}

function checkNonParallel(of: Transformation, parallelism: number): void {
  if (of.nonParallel === true && parallelism !== 1) {
    throw new GraphError(
      `The parallelism of non parallel operator must be 1: "${of.name}" cannot run with ${parallelism}; rebalance() what follows.`,
    );
  }
}
