// What a window operator is to do; the API's operation of the same name, and the window join's, come to it.

/** The function and settings of one window operator. */
export interface WindowOperation {
  assigner: unknown;
  /** Undefined: the assigner's own. */
  trigger: unknown;
  allowedLatenessMs: number;
  /** Undefined: late records are dropped. */
  lateTag: string | undefined;
  how: 'reduce' | 'aggregate' | 'apply' | 'process';
  function: unknown;
  /** With `reduce` and `aggregate`: gets the one result. */
  windowFunction: unknown;
  /** Functions get no key. */
  allWindows: boolean;
  /** What assigner and trigger see of a record; joins tag theirs. Absent: all of it. */
  element?: (value: unknown) => unknown;
}
