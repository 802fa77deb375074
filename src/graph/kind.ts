// What a row of the table of kinds says (kinds.ts).

import type { Language } from './job-graph.ts';

export type Role = 'source' | 'transform' | 'sink';

/** A part of an operator that is a function: how it is called. Names are Python's; TypeScript's are the same in camelCase. */
export interface FunctionPart {
  /** One of these methods of an object, or all of them where `all` is set. */
  readonly methods: readonly string[];
  readonly all?: true;
  /** Arguments of the methods; absent: they differ, and are not looked at. */
  readonly args?: number;
  /** Arguments where it is a plain function; absent: there it takes no plain function. */
  readonly plain?: readonly number[];
  /** Whether a value that is neither, such as a mapping, will do. */
  readonly value?: true;
  /** Whether the operator waits for what an `async def` gives. */
  readonly mayBeAsync?: true;
  /** Whether the operator does without. */
  readonly optional?: true;
  /** What errors call it; absent: by its name. */
  readonly as?: string;
  /** Methods in TypeScript, where they are others. */
  readonly typescript?: readonly string[];
  /** Whether an object with the methods says that it is one of this kind. */
  readonly tells?: true;
  /** What it may be instead. */
  readonly or?: FunctionPart;
  /** How it is called instead by what `params.how` says. */
  readonly byHow?: { readonly [how: string]: Omit<FunctionPart, 'byHow' | 'optional'> };
}

/** What an operator itself keeps over a checkpoint, beside the state that its functions ask for. */
export interface Kept {
  readonly name: string;
  /** What an entry belongs to. `subtask`: dealt out on rescaling; `all`: the same in every subtask. */
  readonly per: 'key' | 'key and window' | 'split' | 'subtask' | 'all';
}

/**
 * What a connector that Isthmus brings says otherwise than the row of sources or of sinks. One of somebody else's has no row: it
 * is the function `connector` of its operator.
 */
export type ConnectorRow = Pick<Kind, 'functions'> &
  Partial<Pick<Kind, 'languages' | 'keeps' | 'endless' | 'toClient' | 'prints' | 'named'>>;

export interface Kind {
  readonly role: Role;
  readonly inputs: 0 | 1 | 2;
  /** `all`: every input is to be keyed; `same`: both or none. */
  readonly keyed?: 'all' | 'same';
  /** Whether the second input is to be a broadcast stream, which is read first. */
  readonly broadcast?: true;
  /** Hosts that have it. */
  readonly languages: readonly Language[];
  /** By part, as `fns` of a spec; that which a harness is given alone comes first. */
  readonly functions: { readonly [part: string]: FunctionPart };
  readonly keeps: readonly Kept[];
  /** Whether it sets timers, of its own or for its functions. */
  readonly timers?: true;
  /** Whether BATCH execution has only its last result of each key. */
  readonly lastOfKey?: true;
  /** Whether records wait in it for answers from outside. */
  readonly asynchronous?: true;
  /** Whether a record of it is what its function returns. */
  readonly oneToOne?: true;
  /** Of a source: whether it counts as endless where `params.bounded` does not say. */
  readonly endless?: true;
  /** Of a sink: whether its records go to the program that started the job. */
  readonly toClient?: true;
  /** Of a sink: whether it writes to stdout or stderr. */
  readonly prints?: true;
  /** Whether whoever starts a pipeline feeds or reads it, by `params.name`. */
  readonly named?: true;
  /** Of sources and sinks: those that Isthmus brings, by the name that `connector` of a spec says. */
  readonly connectors?: { readonly [name: string]: ConnectorRow };
}
