import type { JsonValue } from '../../graph/job-graph.ts';
import type { WindowAssigner } from './assigner.ts';
import type { Trigger } from './trigger.ts';
import { NeverTrigger } from './triggers.ts';
import { GlobalWindow } from './windows.ts';

const ONLY = [GlobalWindow.get()];

/** One window for everything; give it a trigger, for by default it never fires. */
export class GlobalWindows implements WindowAssigner<unknown, GlobalWindow> {
  /** One window for all records of a key; it needs a trigger. */
  static create(): GlobalWindows {
    return new GlobalWindows();
  }

  assignWindows(): GlobalWindow[] {
    return ONLY;
  }

  getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return new NeverTrigger();
  }

  isEventTime(): boolean {
    return false;
  }

  describe(): { [key: string]: JsonValue } {
    return { kind: 'global' };
  }
}
