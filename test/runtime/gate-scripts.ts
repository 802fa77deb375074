// Scripts of what arrives at the gate of a task, and what the rules make of them: test/vectors/gate.json and the tests that
// compare both hosts. An arrival is `channel:what`, or `take` where the task takes all there is to do; an event is what it
// takes.
//
//   r1       records, by number          idle, active        b1c    barrier of checkpoint 1; c, s, u, d: checkpoint,
//   w5       watermark                   end                        savepoint, suspend, drain
//   wfinal   the final watermark         wlast               the last event time before it

import { BARRIER_KINDS } from '../../src/bridge/frame.ts';
import type { InputChannelDeployment } from '../../src/graph/deployment.ts';
import type { Element } from '../../src/runtime/element.ts';
import { type InputEvent, InputGate } from '../../src/runtime/input-gate.ts';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../src/runtime/operator.ts';
import { LAST_BEFORE_END } from '../../src/runtime/watermark-merger.ts';

export interface GateScript {
  channels: number;
  arrivals: string;
  events: string;
}

const KINDS = 'csud';

// By the rules, from the whole of what each channel has handed out so far.

/** What the task takes, worked out anew at each element: slow, and plain enough to be compared with the rules by eye. */
export function expectedEvents(channels: number, arrivals: string): string {
  const all = [...Array(channels).keys()];
  const queues: string[][] = all.map(() => []);
  const given: string[][] = all.map(() => []);
  const turns: number[] = [];
  const events: string[] = [];
  let merged = MIN_TIMESTAMP;
  let wasIdle = false;
  let completed = 0;
  /** Channels in the order of their last barriers. */
  let barriers: number[] = [];

  const numberOf = (barrier: string) => Number.parseInt(barrier.slice(1), 10);
  const hasEnded = (c: number) => given[c]?.includes('end') === true;
  const checkpoints = (c: number) => (given[c] ?? []).filter((e) => e[0] === 'b').map(numberOf);
  const newestOf = (c: number) => Math.max(0, ...checkpoints(c));
  const newest = () => Math.max(...all.map(newestOf));
  const isBlocked = (c: number) => newestOf(c) === newest() && newest() > completed;
  const takesTurn = (c: number) => {
    if (!turns.includes(c) && queues[c]?.length !== 0 && !isBlocked(c)) turns.push(c);
  };

  const tellTime = () => {
    const times = all.map((c) => {
      let at = MIN_TIMESTAMP;
      let idle = false;
      for (const e of given[c] ?? []) {
        if (e === 'idle' || e === 'active') idle = e === 'idle';
        else if (e[0] === 'w' && (!idle || e === 'wfinal')) at = Math.max(at, timeOf(e));
      }
      return { at, idle, over: hasEnded(c) || at === MAX_TIMESTAMP };
    });
    const going = times.filter(({ over }) => !over);
    const awake = going.filter(({ idle }) => !idle);
    const isIdle = going.length > 0 && awake.length === 0;
    const most =
      going.length < times.length ? LAST_BEFORE_END : Math.max(...going.map((t) => t.at));
    const least = Math.min(...awake.map((t) => t.at).filter((at) => at >= merged));
    const now = isIdle ? most : least;
    if (wasIdle && !isIdle) events.push('active');
    if (now > merged && now < Infinity) {
      merged = now;
      events.push(`w${timeText(now)}`);
    }
    if (!wasIdle && isIdle) events.push('idle');
    wasIdle = isIdle;
  };

  const hand = (c: number) => {
    const element = queues[c]?.shift() as string;
    const blocked = barriers.filter(isBlocked);
    given[c]?.push(element);
    if (element[0] === 'r') events.push(`${c}:${element}`);
    else if (element[0] !== 'b') tellTime();
    if (element[0] === 'b') barriers = [...barriers.filter((other) => other !== c), c];
    const wanted = newest();
    if (wanted > completed && all.every((other) => hasEnded(other) || newestOf(other) === wanted)) {
      const first = given.flat().find((e) => e[0] === 'b' && numberOf(e) === wanted) as string;
      events.push(first);
      completed = wanted;
    }
    for (const other of blocked) takesTurn(other);
    if (element === 'end' && all.every(hasEnded)) events.push('end');
    takesTurn(c);
  };

  for (const arrival of `${arrivals} take`.split(' ')) {
    const [channel, element] = arrival.split(':') as [string, string | undefined];
    if (element === undefined) {
      while (turns.length > 0) hand(turns.shift() as number);
    } else {
      queues[Number(channel)]?.push(element);
      takesTurn(Number(channel));
    }
  }
  return events.join(' ');
}

// By the gate.

export function gateEvents(channels: number, arrivals: string): string {
  const gate = new InputGate(inputs(channels), () => {});
  const events: string[] = [];
  for (const arrival of `${arrivals} take`.split(' ')) {
    const [channel, element] = arrival.split(':') as [string, string | undefined];
    if (element !== undefined) {
      gate.receive(Number(channel), elementOf(element));
      continue;
    }
    for (let event = gate.next(); event !== undefined; event = gate.next()) {
      events.push(textOf(event));
    }
  }
  return events.join(' ');
}

export function inputs(count: number, first = 0): InputChannelDeployment[] {
  return Array.from({ length: count }, (_, index) => ({
    channel: first + index,
    input: 0,
    codec: 'local',
    keyed: false,
    local: true,
  }));
}

function elementOf(text: string): Element {
  const rest = text.slice(1);
  switch (text[0]) {
    case 'r':
      return { kind: 'batch', values: [text], bytes: 1 };
    case 'w':
      return { kind: 'watermark', timestamp: timeOf(text) };
    case 'b': {
      const of = BARRIER_KINDS[KINDS.indexOf(text.at(-1) as string)];
      return {
        kind: 'barrier',
        checkpoint: Number.parseInt(rest, 10),
        timestamp: 0,
        of: of as never,
      };
    }
    default:
      return text === 'end' ? { kind: 'end' } : { kind: 'idle', idle: text === 'idle' };
  }
}

function textOf(event: InputEvent): string {
  switch (event.kind) {
    case 'records': {
      const [value] = (event.batch as Extract<Element, { kind: 'batch' }>).values;
      return `${event.channel.deployment.channel}:${String(value)}`;
    }
    case 'watermark':
      return `w${timeText(event.timestamp)}`;
    case 'idle':
      return event.idle ? 'idle' : 'active';
    case 'barrier':
      return `b${event.checkpoint}${KINDS[BARRIER_KINDS.indexOf(event.of)]}`;
    case 'end':
      return 'end';
  }
}

function timeOf(text: string): number {
  return text === 'wfinal' ? MAX_TIMESTAMP : Number(text.slice(1));
}

function timeText(time: number): string {
  if (time === LAST_BEFORE_END) return 'last';
  return time === MAX_TIMESTAMP ? 'final' : String(time);
}

// At random.

/** Scripts that a job could bring about: each channel's elements in an order that its sender keeps. */
export function* randomScripts(seed: number): Generator<GateScript> {
  const random = randomness(seed);
  const below = (n: number) => Math.floor(random() * n);
  for (;;) {
    const channels = 1 + below(4);
    const checkpoints = below(4);
    const kinds = Array.from({ length: checkpoints }, (_, i) =>
      i === checkpoints - 1 ? KINDS[below(4)] : KINDS[below(2)],
    );
    let records = 0;
    const streams = Array.from({ length: channels }, () => {
      const stream: string[] = [];
      let time = 0;
      let idle = false;
      const some = () => {
        for (let left = below(5); left > 0; left--) {
          const what = below(6);
          if (what < 2) stream.push(`r${++records}`);
          else if (what < 5) {
            time += below(6) - 1;
            stream.push(`w${time}`);
          } else {
            idle = !idle;
            stream.push(idle ? 'idle' : 'active');
          }
        }
      };
      some();
      // One that ends early ends before a checkpoint; what a barrier is skipped for, its sender has given up.
      const ends = below(4) === 0 ? below(checkpoints + 1) : checkpoints;
      for (const [index, kind] of kinds.slice(0, ends).entries()) {
        const isLast = index === checkpoints - 1;
        if (!isLast && below(6) === 0) continue;
        if (kind === 'd') stream.push('wfinal');
        stream.push(`b${index + 1}${kind}`);
        if (kind === 'u') return stream;
        if (kind === 'd') return [...stream, 'end'];
        some();
      }
      if (ends < checkpoints || below(2) === 0) {
        if (below(8) > 0) stream.push('wfinal');
        stream.push('end');
      }
      return stream;
    });
    const arrivals: string[] = [];
    const eager = random();
    for (let left = streams.flat().length; left > 0; left--) {
      const able = [...streams.keys()].filter((c) => streams[c]?.length !== 0);
      const channel = able[below(able.length)] as number;
      arrivals.push(`${channel}:${streams[channel]?.shift()}`);
      if (random() < eager) arrivals.push('take');
    }
    if (arrivals.length === 0) continue;
    const text = arrivals.join(' ');
    yield { channels, arrivals: text, events: expectedEvents(channels, text) };
  }
}

/** mulberry32 */
export function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
