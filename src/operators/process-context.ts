// What process functions are told of a record or a timer.

import type { OperatorContext } from '../runtime/operator.ts';
import { EmittingContext } from './emitting-context.ts';
import type { TimeDomain, TimerService } from './keyed-timers.ts';

/** One for all records of an operator: it reads the cursor. */
export class ProcessingContext extends EmittingContext {
  domain: TimeDomain = 'EVENT_TIME';
  readonly #timers: TimerService;

  constructor(ctx: OperatorContext, timers: TimerService) {
    super(ctx);
    this.#timers = timers;
  }

  timestamp(): number {
    return this.ctx.cursor.timestamp;
  }

  timerService(): TimerService {
    return this.#timers;
  }

  getCurrentKey(): unknown {
    return this.ctx.cursor.key;
  }

  timeDomain(): TimeDomain {
    return this.domain;
  }
}
