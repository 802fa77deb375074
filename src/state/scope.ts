// Whose a state is.

/** Whose state it is: of keys, or of what goes with a key (windows). */
export interface Scope {
  /** Before the names of its tables. */
  readonly prefix: string;
  readonly form: 'keyed' | 'namespaced';
  /** What entries of a table's key begin with: the key that says whose subtask they go to, and what goes with it. */
  readonly split: (key: unknown) => unknown[];
  /** The table's key, and what is held. */
  readonly join: (entry: unknown[]) => [key: unknown, held: unknown];
}
