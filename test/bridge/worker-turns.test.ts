import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JobPlace, WorkerTurns } from '../../src/bridge/worker-turns.ts';

const place = (parent?: JobPlace): JobPlace => ({ parent, isOver: false, isRead: false });

/** Ends a job that holds so many. */
function end(turns: WorkerTurns, job: JobPlace, count: number): void {
  job.isOver = true;
  for (let i = 0; i < count; i++) turns.giveBack(job);
}

describe('turns', () => {
  test('all of what a job needs, or nothing: the first that waits goes first', () => {
    const turns = new WorkerTurns();
    const [a, b, c] = [place(), place(), place()];
    turns.ask(a, 3, 4);
    const second = turns.ask(b, 2, 4);
    const third = turns.ask(c, 1, 4);
    // It would fit, and waits behind the one that does not: nobody is passed over for ever.
    expect([second.hasCome, third.hasCome]).toEqual([false, false]);
    end(turns, a, 3);
    expect([second.hasCome, third.hasCome]).toEqual([true, true]);
  });

  test('a job that needs more than the limit runs alone', () => {
    const turns = new WorkerTurns();
    const [a, b] = [place(), place()];
    expect(turns.ask(a, 9, 4).hasCome).toBe(true);
    const small = turns.ask(b, 1, 4);
    expect(small.hasCome).toBe(false);
    end(turns, a, 9);
    expect(small.hasCome).toBe(true);
  });

  test('a job within another does not wait for it', () => {
    const turns = new WorkerTurns();
    const parent = place();
    turns.ask(parent, 2, 2);
    const child = place(parent);
    expect(turns.ask(child, 2, 2).hasCome).toBe(true);
    expect(turns.ask(place(child), 2, 2).hasCome).toBe(true);
    // A stranger waits for the innermost.
    expect(turns.ask(place(), 1, 2).hasCome).toBe(false);
  });

  test('who leaves lets the next one in', () => {
    const turns = new WorkerTurns();
    const [a, b, c] = [place(), place(), place()];
    turns.ask(a, 2, 3);
    const large = turns.ask(b, 3, 3);
    const small = turns.ask(c, 1, 3);
    expect(small.hasCome).toBe(false);
    large.leave();
    expect(small.hasCome).toBe(true);
  });
});

test('when nothing moves, a job that is read counts no longer', () => {
  const turns = new WorkerTurns();
  const read: JobPlace = { ...place(), isRead: true };
  turns.ask(read, 1, 1);
  const [first, second] = [turns.ask(place(), 1, 1), turns.ask(place(), 1, 1)];
  turns.relieve(60_000);
  expect(first.hasCome).toBe(false);
  // Its reader waits for the next record, and so for no other job.
  read.readerWaits = () => true;
  turns.relieve(0);
  expect(first.hasCome).toBe(false);
  read.readerWaits = () => false;
  expect(first.hasCome).toBe(false);
  turns.relieve(0);
  expect([first.hasCome, second.hasCome]).toEqual([true, false]);
  // The one that was let in has no reader: it will end.
  turns.relieve(0);
  expect(second.hasCome).toBe(false);
});

/** A job of so many workers that starts others, one after the other, before it ends. */
interface Planned {
  need: number;
  children: Planned[];
}

const need = fc.integer({ min: 1, max: 5 });
const within = (children: fc.Arbitrary<Planned>): fc.Arbitrary<Planned> =>
  fc.record({ need, children: fc.array(children, { maxLength: 3 }) });
const planned = within(within(within(fc.record({ need, children: fc.constant([]) }))));

test('whatever jobs start whatever within them, all of them end', () => {
  fc.assert(
    fc.property(
      fc.array(planned, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      (jobs, limit) => {
        const turns = new WorkerTurns();
        interface Running {
          plan: Planned;
          job: JobPlace;
          turn: { hasCome: boolean };
          next: number;
          child: Running | undefined;
          ended: boolean;
        }
        const start = (plan: Planned, parent?: JobPlace): Running => {
          const job = place(parent);
          return {
            plan,
            job,
            turn: turns.ask(job, plan.need, limit),
            next: 0,
            child: undefined,
            ended: false,
          };
        };
        const running = jobs.map((plan) => start(plan));
        // Each at its turn goes a step: it starts its next child, or waits for that, or ends.
        const step = (at: Running): boolean => {
          if (at.ended || !at.turn.hasCome) return false;
          if (at.child !== undefined && !at.child.ended) return step(at.child);
          const child = at.plan.children[at.next++];
          if (child === undefined) {
            at.ended = true;
            end(turns, at.job, at.plan.need);
          } else at.child = start(child, at.job);
          return true;
        };
        while (running.some(step));
        return running.every(({ ended }) => ended) && turns.held === 0;
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});
