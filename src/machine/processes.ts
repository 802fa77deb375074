// Which processes there are, as names of files say who writes them. Twin of python/isthmus/_worker/machine/processes.py.

/**
 * What has become of a process: `unknown` of one of another machine or container, or of before the last boot, which nobody here can
 * know of.
 */
export type Fate = 'lives' | 'gone' | 'unknown';

export interface Processes {
  /** By this others know this process: a UUID. */
  readonly own: string;
  /** Undefined where `id` is that of no process. */
  fateOf(id: string): Fate | undefined;
}
