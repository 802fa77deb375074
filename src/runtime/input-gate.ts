// The inputs of a subtask: a queue per channel, watermarks merged, barriers aligned, ends counted. Twin of
// python/isthmus/_worker/runtime/input_gate.py; test/vectors/gate.json says what both make of what arrives.
//
//   I1. Elements of one channel come out in the order they came in.
//   I2. Channels take turns by arrival, one element each, so that none starves.
//   I3. Credit for a batch goes back when it is taken off its queue, so a blocked channel stops its sender.
//   I4. A task is active before its watermark moves, and idle after it.

import { InternalError } from '../errors.ts';
import type { InputChannelDeployment } from '../graph/deployment.ts';
import { BarrierAligner, type AlignmentStep } from './barrier-aligner.ts';
import type { BatchElement, ControlElement, Element } from './element.ts';
import { Fifo } from './fifo.ts';
import { type TimeChange, WatermarkMerger } from './watermark-merger.ts';

/** A batch as it came off the wire; decoded when its turn comes. */
export interface FrameElement {
  kind: 'frame';
  flags: number;
  count: number;
  body: Uint8Array;
  bytes: number;
}

export interface InputChannel {
  readonly deployment: InputChannelDeployment;
  readonly index: number;
  readonly queue: Fifo<Element | FrameElement>;
  queued: boolean;
  ended: boolean;
}

/** What the subtask has to do next. */
export type InputEvent =
  | { kind: 'records'; channel: InputChannel; batch: BatchElement | FrameElement }
  | { kind: 'end' }
  | Exclude<ControlElement, { kind: 'end' }>;

export class InputGate {
  readonly #channels = new Map<number, InputChannel>();
  readonly #byIndex: InputChannel[];
  readonly #turns = new Fifo<InputChannel>();
  readonly #events = new Fifo<InputEvent>();
  readonly #merger: WatermarkMerger;
  readonly #aligner: BarrierAligner;
  readonly #returnCredit: (channel: number, bytes: number) => void;

  constructor(
    inputs: readonly InputChannelDeployment[],
    returnCredit: (channel: number, bytes: number) => void,
  ) {
    this.#byIndex = inputs.map((deployment, index) => ({
      deployment,
      index,
      queue: new Fifo(),
      queued: false,
      ended: false,
    }));
    for (const channel of this.#byIndex) this.#channels.set(channel.deployment.channel, channel);
    this.#merger = new WatermarkMerger(inputs.length);
    this.#aligner = new BarrierAligner(inputs.length);
    this.#returnCredit = returnCredit;
  }

  receive(channelId: number, element: Element | FrameElement): void {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) {
      throw new InternalError(
        `A subtask received an element on channel ${channelId}, which it has not.`,
      );
    }
    channel.queue.push(element); // I1
    this.#takeTurn(channel);
  }

  /** The next thing to do, or `undefined` when all there is has been done or is blocked. */
  next(): InputEvent | undefined {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      const channel = this.#turns.shift();
      if (channel === undefined) return undefined;
      channel.queued = false;
      const element = channel.queue.shift();
      if (element === undefined || channel.ended) continue;
      const records = this.#handle(channel, element);
      this.#takeTurn(channel);
      if (records !== undefined) return records;
    }
  }

  #handle(channel: InputChannel, element: Element | FrameElement): InputEvent | undefined {
    switch (element.kind) {
      case 'batch':
      case 'frame':
        this.#returnCredit(channel.deployment.channel, element.bytes); // I3
        return { kind: 'records', channel, batch: element };
      case 'watermark':
        this.#follow(this.#merger.advance(channel.index, element.timestamp));
        return undefined;
      case 'idle':
        this.#follow(this.#merger.setIdle(channel.index, element.idle));
        return undefined;
      case 'barrier':
        this.#align(this.#aligner.arrive(channel.index, element));
        return undefined;
      case 'end':
        channel.ended = true;
        this.#follow(this.#merger.end(channel.index));
        this.#align(this.#aligner.end(channel.index));
        if (this.#merger.ended) this.#events.push({ kind: 'end' });
        return undefined;
    }
  }

  #follow({ watermark, idle }: TimeChange): void {
    if (idle === false) this.#events.push({ kind: 'idle', idle }); // I4
    if (watermark !== undefined) this.#events.push({ kind: 'watermark', timestamp: watermark });
    if (idle === true) this.#events.push({ kind: 'idle', idle });
  }

  #align(step: AlignmentStep): void {
    if (step.aligned !== undefined) this.#events.push(step.aligned);
    for (const index of step.released) this.#takeTurn(this.#byIndex[index] as InputChannel);
  }

  #takeTurn(channel: InputChannel): void {
    if (channel.queued || channel.queue.length === 0 || this.#aligner.isBlocked(channel.index))
      return;
    channel.queued = true;
    this.#turns.push(channel); // I2
  }
}
