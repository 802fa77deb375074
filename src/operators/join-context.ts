import { MIN_TIMESTAMP, type OperatorContext } from '../runtime/operator.ts';
import { TimeOnly } from './keyed-timers.ts';
import { ProcessingContext } from './process-context.ts';

/** What an interval join's function learns of the pair at hand; one for all pairs. */
export class JoinContext extends ProcessingContext {
  leftTimestamp = MIN_TIMESTAMP;
  rightTimestamp = MIN_TIMESTAMP;

  constructor(ctx: OperatorContext) {
    super(ctx, new TimeOnly(ctx));
  }

  /** In milliseconds; `MIN_TIMESTAMP` where there is no left record. */
  getLeftTimestamp(): number {
    return this.leftTimestamp;
  }

  getRightTimestamp(): number {
    return this.rightTimestamp;
  }
}
