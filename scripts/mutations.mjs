// Breaks each invariant once and sees its test fail: `npm run mutations`
//
//   node scripts/mutations.mjs [words…]     only mutations of which the name or the test has one of the words
//
// Works in a copy. Every test named must pass there untouched first; then one bug at a time is planted, and the test run
// again. A mutation whose text is not found exactly once is an error: it has to follow the code. A test is a file, or
// `file::name` where the rest of the file takes long: in Python the name of a function, in TypeScript how the name begins.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LIMIT_MS = 120_000;
/** A single test that takes longer hangs, with a bug; how long one takes without any depends on the machine. */
const TEST_LIMIT_S = 30;
const root = fileURLToPath(new URL('..', import.meta.url));
const worker = 'python/isthmus/_worker';

/** Name, file, text, what becomes of it, the test that must fail. */
const mutations = [
  ['TypeScript: a checksum is not compared', 'src/state/storage/storage.ts', 'if (!checksumOf(data).equals(checksum)) {', 'if (false) {', 'test/state/storage/storage.test.ts'],
  ['TypeScript: a file of state is not synced', 'src/state/storage/file-storage.ts', 'await file.sync(); // S1', '', 'test/state/storage/storage.test.ts'],
  ['TypeScript: the folder of a file of state is not synced', 'src/state/storage/file-storage.ts', 'await this.#files.syncFolder(this.#folder);', '', 'test/state/storage/storage.test.ts'],
  ['TypeScript: state of another kind is restored', 'src/state/identity.ts', 'was.kind !== now.kind) {', 'false) {', 'test/state/storage/state-vectors.test.ts'],
  ['TypeScript: key groups of others are read', 'src/state/storage/restoring.ts', 'if (group !== NO_GROUP && !isMine(group)) continue; // R1', '', 'test/state/storage/restoring.test.ts'],
  ['TypeScript: key groups of others are restored', 'src/state/store.ts', 'if (group !== NO_GROUP && this.#groups.owner(group) !== place.subtask) continue; // S2', '', 'test/state/storage/restoring.test.ts'],
  ['TypeScript: a subtask opens with the state of another kind', 'src/runtime/subtask-store.ts', 'const states = checkIdentity(given, chain, maxParallelism);', 'const states = given;', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a source takes the state of another connector', 'src/runtime/subtask-wiring.ts', 'kind: nameOf(spec),', 'kind: spec.kind,', 'test/runtime/barriers.test.ts'],
  ['Python: a checksum is not compared', `${worker}/state/storage/storage.py`, 'if checksum_of(data) != handle.checksum:', 'if False:', 'test/python/state/storage/test_storage.py'],
  ['Python: a file of state is not synced', `${worker}/state/storage/file_storage.py`, 'files.sync(file)  # S1', 'file.flush()', 'test/python/state/storage/test_storage.py'],
  ['Python: the folder of a file of state is not synced', `${worker}/state/storage/file_storage.py`, 'files.sync_folder(self._folder)', 'pass', 'test/python/state/storage/test_storage.py'],
  ['Python: state of another kind is restored', `${worker}/state/identity.py`, 'was.kind != now.kind:', 'False:', 'test/python/state/storage/test_state_vectors.py'],
  ['Python: key groups of others are read', `${worker}/state/storage/restoring.py`, 'if handle.group == NO_GROUP or is_mine(handle.group)  # R1', '', 'test/python/state/storage/test_restoring.py'],
  ['Python: key groups of others are restored', `${worker}/state/store.py`, 'if chunk.group == NO_GROUP or groups.is_mine(chunk.group):  # S2', 'if True:', 'test/python/state/storage/test_restoring.py'],
  ['Python: a slot takes the state of another kind', `${worker}/runtime/subtask_wiring.py`, 'states = check_identity(', 'states = (lambda given, *_: given)(', 'test/python/worker/test_source_positions.py::test_a_slot_does_not_take_the_state_of_another_kind'],
  ['Python: a source takes the state of another connector', `${worker}/runtime/subtask_wiring.py`, 'name_of(spec), "python"', 'spec["kind"], "python"', 'test/python/worker/test_source_positions.py::test_a_slot_does_not_take_the_state_of_another_kind'],
  ['TypeScript: a position is that of what was read', 'src/runtime/source-head.ts', 'run.active ? run.taken : this.#batch.values.length', 'this.#batch.values.length', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a barrier waits for the rest of a batch', 'src/runtime/subtask-work.ts', 'if (this.#source !== undefined && this.#answers.isToCut)', 'if (this.#source !== undefined && this.#answers.isToCut && !this.#run.active)', 'test/runtime/barriers.test.ts'],
  ['TypeScript: one watermark generator for all splits', 'src/operators/split-times.ts', 'this.#splits.get(split) ?? this.#own', 'this.#own', 'test/operators/watermark-generator.test.ts'],
  ['TypeScript: every subtask reads all splits', 'src/runtime/splits.ts', 'if (owner === this.#subtask) this.#begin', 'this.#begin', 'test/runtime/barriers.test.ts'],
  ['TypeScript: splits of the first old subtask alone are restored', 'src/runtime/splits.ts', 'for (const [old, { going, ended }] of states.entries()) {', 'for (const [old, { going, ended }] of states.slice(0, 1).entries()) {', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a cut batch is emitted again from its begin', 'src/runtime/splits.ts', 'split.skip <= skip) return batch;', 'split.skip <= Infinity) return batch;', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a restored source begins anew', 'src/runtime/split-dealer.ts', 'if (saved !== undefined) {', 'if (saved === null) {', 'test/connectors/source-contract.test.ts'],
  ['TypeScript: a split that was on its way is lost', 'src/runtime/splits.ts', '[...given, ...still]', 'given.length < 0 ? [] : [...still]', 'test/runtime/splits.test.ts'],
  ['TypeScript: a split that had arrived is given out again', 'src/runtime/splits.ts', '.filter(([id]) => !known.has(id)); // P3', ';', 'test/connectors/source-contract.test.ts'],
  ['TypeScript: a split is found again and again', 'src/runtime/split-dealer.ts', 'if (this.#known.has(id)) return; // D2', '', 'test/connectors/source-contract.test.ts'],
  ['TypeScript: a batch begins at the last mark', 'src/runtime/split-driver.ts', 'at.skip += batch.values.length', 'at.skip += 0', 'test/runtime/splits.test.ts'],
  ['TypeScript: things go on behind a suspension', 'src/runtime/subtask-work.ts', 'this.#phase.now = \'suspended\';', '', 'test/runtime/barriers.test.ts'],
  ['TypeScript: what was gathered goes behind the barrier', 'src/runtime/checkpoints.ts', 'await chain.beforeBarrier(checkpoint, of);', '', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a drain comes before the operators finish', 'src/runtime/subtask-work.ts', 'if (barrier.of === \'drain\') {\n      await this.#chain', 'if (barrier.of === \'drain\' && false) {\n      await this.#chain', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a drained subtask closes at once', 'src/runtime/subtask-work.ts', 'const waits = this.#services.snapshot !== undefined; // T9', 'const waits = false;', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a checkpoint from before the end counts as the last', 'src/runtime/answers.ts', 'this.last !== undefined && checkpoint >= this.last', 'checkpoint >= 0', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a checkpoint is answered twice', 'src/runtime/subtask.ts', 'if (this.#answers.knows(barrier.checkpoint) || this.#phase.now === \'suspended\') return;', '', 'test/runtime/barriers.test.ts'],
  ['TypeScript: calls under way are forgotten', 'src/operators/async-wait.ts', 'if (this.#underWay !== undefined) this.#underWay.values = this.#saved();', '', 'test/runtime/barriers.test.ts'],
  ['TypeScript: a timer among the rest of its time fires twice', 'src/operators/windowing/timer-queue.ts', 'if (time === this.#firingTime && this.#firing.has(owner)) return; // Q3', '', 'test/operators/windowing/timer-vectors.test.ts'],
  ['TypeScript: an earlier timer waits for the rest of a time', 'src/operators/windowing/timer-queue.ts', 'if (times.earliest < time) {', 'if (times.earliest < -Infinity) {', 'test/operators/windowing/timer-vectors.test.ts'],
  ['Python: a position is that of what was read', `${worker}/runtime/record_run.py`, 'source.took(origin, done)', 'source.took(origin, total)', 'test/python/worker/test_barriers.py'],
  ['Python: one watermark generator for all splits', `${worker}/operators/split_times.py`, 'self.now = self._splits.get(split, self._own)', 'self.now = self._own', 'test/python/operators/test_timestamps.py'],
  ['Python: every subtask reads all splits', `${worker}/runtime/splits.py`, 'if owner == self._subtask:  # P2', 'if True:', 'test/python/worker/test_source_positions.py::test_every_record_once'],
  ['Python: splits of the first old subtask alone are restored', `${worker}/runtime/splits.py`, 'for old, state in enumerate(states):', 'for old, state in enumerate(states[:1]):', 'test/python/worker/test_source_positions.py::test_every_record_once'],
  ['Python: a cut batch is emitted again from its begin', `${worker}/runtime/splits.py`, 'split.skip <= batch.skip or', 'True or', 'test/python/worker/test_source_positions.py::test_every_record_once'],
  ['Python: a restored source begins anew', `${worker}/runtime/split_dealer.py`, 'if saved is not None:', 'if False:', 'test/python/worker/test_source_positions.py::test_every_record_once'],
  ['Python: a split that was on its way is lost', `${worker}/runtime/splits.py`, '(*dealer["given"], *dealer["waiting"])', '(*dealer["waiting"],)', 'test/python/worker/test_splits.py'],
  ['Python: a split that had arrived is given out again', `${worker}/runtime/splits.py`, 'if split[0] not in known]  # P3', ']', 'test/python/connectors/test_source_contract.py::test_the_contract_of_sources'],
  ['Python: a split is found again and again', `${worker}/runtime/split_dealer.py`, 'continue  # D2', 'pass', 'test/python/connectors/test_source_contract.py::test_a_watched_folder_goes_on_with_what_is_new_and_with_nothing_that_was'],
  ['Python: a batch begins at the last mark', `${worker}/runtime/split_driver.py`, '(at[0], at[1] + len(batch.values))', 'at', 'test/python/connectors/test_source_contract.py::test_the_contract_of_sources'],
  ['Python: things go on behind a suspension', `${worker}/runtime/elements.py`, 'self._task.suspended = kind == SUSPEND', '', 'test/python/worker/test_barriers.py'],
  ['Python: what was gathered goes behind the barrier', `${worker}/runtime/chain.py`, 'gathered = op.before_barrier(checkpoint, of)', 'gathered = None', 'test/python/worker/test_barriers.py'],
  ['Python: a drain comes before the final watermark', `${worker}/runtime/elements.py`, 'if wanted is not None and wanted[2] == DRAIN and self._source is not None:', 'if False:', 'test/python/worker/test_barriers.py'],
  ['Python: a drained task closes at once', `${worker}/runtime/subtask.py`, 'if not self._checkpoints:', 'if True:', 'test/python/worker/test_barriers.py::test_a_drain_ends_the_source_and_comes_behind_the_final_watermark'],
  ['Python: a checkpoint from before the end counts as the last', `${worker}/runtime/subtask.py`, 'if self._answers.is_over_with(checkpoint) and not self.finished:', 'if not self.finished:', 'test/python/worker/test_barriers.py'],
  ['Python: a checkpoint is answered twice', `${worker}/runtime/subtask.py`, 'if self._answers.knows(checkpoint) or self.suspended:', 'if self.suspended:', 'test/python/worker/test_barriers.py'],
  ['Python: a task is drained before all is sent', `${worker}/runtime/subtask.py`, 'not self._told_drained and self.outputs.all_sent', 'not self._told_drained', 'test/python/worker/test_barriers.py'],
  ['Python: calls under way are forgotten', `${worker}/operators/async_wait.py`, 'self._under_way[:] = [(c.value, c.timestamp, c.key) for c in self._waiting()]', 'pass', 'test/python/worker/test_barriers.py'],
  ['Python: a timer among the rest of its time fires twice', `${worker}/runtime/timer_queue.py`, 'if time == self._firing_time and self._firing.get(key):', 'if False:', 'test/python/state/test_timers.py'],
  ['Python: an earlier timer waits for the rest of a time', `${worker}/runtime/timer_queue.py`, 'if times and times[0] < time:', 'if False:', 'test/python/state/test_timers.py'],
  ['TypeScript: a watermark is taken whole from any channel', 'src/runtime/watermark-merger.ts', 'time.watermark = watermark;', 'for (const each of this.#channels) each.watermark = Math.max(each.watermark, watermark);', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: watermarks merge as the maximum', 'src/runtime/watermark-merger.ts', 'lowest = Math.min(lowest, time.watermark);', 'lowest = lowest === Infinity ? time.watermark : Math.max(lowest, time.watermark);', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: an idle channel holds the others back', 'src/runtime/watermark-merger.ts', 'this.#at(channel).idle = idle;', 'this.#at(channel).idle = false && idle;', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: a task is idle as soon as one channel is', 'src/runtime/watermark-merger.ts', 'active === 0 && silent > 0', 'silent > 0', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: one that was idle holds the others back until it has caught up', 'src/runtime/watermark-merger.ts', 'if (time.watermark >= this.#merged) lowest', 'lowest', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: the final watermark comes before the last end', 'src/runtime/watermark-merger.ts', 'if (time.ended || time.watermark >= MAX_TIMESTAMP) {', 'if (time.ended) {', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: where all fall silent event time stays', 'src/runtime/watermark-merger.ts', 'highest = Math.max(highest, time.watermark);', '', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: a task is idle before its watermark', 'src/runtime/input-gate.ts', "if (watermark !== undefined) this.#events.push({ kind: 'watermark', timestamp: watermark });\n    if (idle === true) this.#events.push({ kind: 'idle', idle });", "if (idle === true) this.#events.push({ kind: 'idle', idle });\n    if (watermark !== undefined) this.#events.push({ kind: 'watermark', timestamp: watermark });", 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: what waits behind a barrier is handed out', 'src/runtime/barrier-aligner.ts', 'return this.#arrived.has(channel);', 'return this.#arrived.has(channel) && false;', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: one channel is left out of the alignment', 'src/runtime/barrier-aligner.ts', 'for (const channel of this.#open) if', 'for (const channel of [...this.#open].slice(1)) if', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: a newer barrier forgets what waited behind an older one', 'src/runtime/barrier-aligner.ts', 'released = [...this.#arrived]; // A3', '', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: an end does not count as a barrier', 'src/runtime/barrier-aligner.ts', 'this.#open.delete(channel);', '', 'test/runtime/gate-vectors.test.ts'],
  ['TypeScript: a barrier given up begins an alignment again', 'src/runtime/barrier-aligner.ts', 'if (checkpoint < this.#newest || (checkpoint === this.#newest && this.#barrier === undefined)) {', 'if (checkpoint < this.#newest && false) {', 'test/runtime/gate-vectors.test.ts'],
  ['Python: a watermark is taken whole from any channel', `${worker}/runtime/watermarks.py`, 'self._watermarks[channel] = watermark\n', 'self._watermarks = {c: max(w, watermark) for c, w in self._watermarks.items()}\n', 'test/python/worker/test_input_gate.py'],
  ['Python: watermarks merge as the maximum', `${worker}/runtime/watermarks.py`, 'else min(lowest, watermark)', 'else max(lowest, watermark)', 'test/python/worker/test_input_gate.py'],
  ['Python: an idle channel holds the others back', `${worker}/runtime/watermarks.py`, 'elif channel in self._idle:', 'elif False:', 'test/python/worker/test_input_gate.py'],
  ['Python: a task is idle as soon as one channel is', `${worker}/runtime/watermarks.py`, 'idle = active == 0 and silent > 0', 'idle = silent > 0', 'test/python/worker/test_input_gate.py'],
  ['Python: one that was idle holds the others back until it has caught up', `${worker}/runtime/watermarks.py`, 'if watermark >= self.watermark:', 'if True:', 'test/python/worker/test_input_gate.py'],
  ['Python: the final watermark comes before the last end', `${worker}/runtime/watermarks.py`, 'if watermark >= MAX_TIMESTAMP or channel not in self._open:', 'if channel not in self._open:', 'test/python/worker/test_input_gate.py'],
  ['Python: where all fall silent event time stays', `${worker}/runtime/watermarks.py`, 'highest = max(highest, watermark)', 'pass', 'test/python/worker/test_input_gate.py'],
  ['Python: a task is idle before its watermark', `${worker}/runtime/input_gate.py`, 'if idle is False:\n            self._events.append(("idle", False))  # I4', 'if idle is not None:\n            self._events.append(("idle", idle))', 'test/python/worker/test_input_gate.py'],
  ['Python: what waits behind a barrier is handed out', `${worker}/runtime/input_gate.py`, 'self._blocked = self._aligner.blocked', 'self._blocked: dict[int, None] = {}', 'test/python/worker/test_input_gate.py'],
  ['Python: one channel is left out of the alignment', `${worker}/runtime/aligner.py`, 'self.blocked.keys() >= self._open', 'self.blocked.keys() >= set(sorted(self._open)[1:])', 'test/python/worker/test_input_gate.py'],
  ['Python: a newer barrier forgets what waited behind an older one', `${worker}/runtime/aligner.py`, 'released = list(self.blocked)  # A3', 'pass', 'test/python/worker/test_input_gate.py'],
  ['Python: an end does not count as a barrier', `${worker}/runtime/aligner.py`, 'self._open.discard(channel)', '', 'test/python/worker/test_input_gate.py'],
  ['Python: a barrier loses its kind and time where a channel ends', `${worker}/runtime/input_gate.py`, 'self._align(*self._aligner.end(channel.id))', 'aligned, released = self._aligner.end(channel.id)\n            self._align(aligned and (aligned[0], 0, 0), released)', 'test/python/worker/test_input_gate.py'],
  ['Python: a barrier given up begins an alignment again', `${worker}/runtime/aligner.py`, 'if checkpoint < self._newest or (checkpoint == self._newest and self._barrier is None):', 'if False:', 'test/python/worker/test_input_gate.py'],
  ['TypeScript: what is prepared is committed at once', 'src/operators/sink-operator.ts', 'this.#queue?.add(checkpoint, committables);', 'this.#queue?.add(checkpoint, committables);\n    await this.#queue?.commit(checkpoint);', 'test/testing/sink-contract.test.ts'],
  ['TypeScript: committables are lost on rescaling', 'src/state/tables.ts', 'if (parallelism !== this.#parallelism) this.#dealt = this.#dealt.concat(entries);', 'if (parallelism !== this.#parallelism) return;', 'test/testing/sink-contract.test.ts'],
  ['TypeScript: committables get other ids when they are committed again', 'src/operators/commit-queue.ts', 'return { id, value };', 'return { id: `${id}${Math.random()}`, value };', 'test/testing/sink-contract.test.ts'],
  ['TypeScript: folders that a sink makes go with the power', 'src/connectors/file/part-file.ts', 'for (const each of made) files.syncFolder(dirname(each));', '', 'test/simulation/file-job.test.ts'],
  ['TypeScript: a file is not cut where its checkpoint ends', 'src/connectors/file/part-file.ts', 'part.#file.truncate(open.bytes);', '', 'test/connectors/file/sink-file.test.ts'],
  ['TypeScript: what was restored is not committed', 'src/testing/harness.ts', 'if (isRestored) await this.completeCheckpoint(RESTORED);', '', 'test/testing/sink-contract.test.ts'],
  ['Python: what is prepared is committed at once', `${worker}/operators/sink_operator.py`, 'self.queue.add(checkpoint, prepared.committables)', 'self.queue.add(checkpoint, prepared.committables)\n            self.queue.commit(checkpoint)', 'test/python/testing/test_sink_contract.py::test_files'],
  ['Python: committables are lost on rescaling', `${worker}/operators/commit_queue.py`, 'for entry in table]  # Q2', 'for entry in table if ctx.parallelism == 1]', 'test/python/testing/test_sink_contract.py'],
  ['Python: committables get other ids when they are committed again', `${worker}/operators/commit_queue.py`, 'self.committer.commit(due)', 'self.committer.commit([Committable(each.id + str(self._failures), each.value) for each in due])', 'test/python/testing/test_sink_contract.py::test_the_example_of_the_page'],
  ['Python: a file is not cut where its checkpoint ends', `${worker}/connectors/file/part_file.py`, 'part.file.truncate(size)', 'pass', 'test/python/testing/test_sink_contract.py::test_files'],
  ['TypeScript: timers of a time fire too late', 'src/operators/windowing/timer-queue.ts', 'while (times.earliest <= now)', 'while (times.earliest < now)', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: timers fire out of order', 'src/operators/windowing/timer-queue.ts', 'this.#owners.set(time, new Set([owner]));\n      this.#times.push(time, time);', 'this.#owners.set(time, new Set([owner]));\n      this.#times.push(-time, time);', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: a second timer of a time replaces the first', 'src/operators/windowing/timer-queue.ts', 'owners.add(owner);', 'this.#owners.set(time, new Set([owner]));', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: deleting a timer is ignored', 'src/operators/windowing/timer-queue.ts', 'this.#owners.get(time)?.delete(owner);', '', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: a timer registered twice fires twice', 'src/operators/windowing/timer-queue.ts', 'if (owners === undefined) {', 'if (owners === undefined || owners.has(owner)) {', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: sliding windows begin one too early', 'src/operators/windowing/aligned.ts', 'start > time - this.#sizeMs; start', 'start >= time - this.#sizeMs; start', 'test/operators/windowing/engines.test.ts'],
  ['TypeScript: lateness is off by one', 'src/operators/windowing/engine.ts', 'timestamp + this.latenessMs <= this.ctx.watermark', 'timestamp + this.latenessMs < this.ctx.watermark', 'test/operators/windowing/engines.test.ts'],
  ['TypeScript: panes of count windows are dropped late', 'src/operators/windowing/counted-panes.ts', 'stacks.dropBefore(start + this.#slide, this.#merge);', 'stacks.dropBefore(start, this.#merge);', 'test/operators/windowing/counted-panes.test.ts'],
  ['TypeScript: late records miss their side output', 'src/operators/windowing/engine.ts', 'this.#lateTag = operation.lateTag;', 'this.#lateTag = undefined;', 'test/operators/windowing/engines.test.ts'],
  ['TypeScript: a purging trigger does not purge', 'src/operators/windowing/triggers.ts', 'result === TriggerResult.FIRE ? TriggerResult.FIRE_AND_PURGE : result', 'result', 'test/operators/windowing/triggers.test.ts'],
  ['TypeScript: sessions that touch stay apart', 'src/operators/windowing/sessions.ts', 'known.start <= end && start <= known.end', 'known.start < end && start < known.end', 'test/operators/windowing/engines.test.ts'],
  ['TypeScript: windows that merge drop what the others held', 'src/operators/windowing/merging.ts', 'this.held.set(target, merged);', 'this.held.set(target, contents);', 'test/operators/windowing/engines.test.ts'],
  ['TypeScript: the lower bound of interval joins is exclusive', 'src/operators/interval-join.ts', '(lowerInclusive === false ? 1 : 0)', '1', 'test/operators/joins.test.ts'],
  ['TypeScript: outer interval joins emit what was joined again', 'src/operators/interval-join.ts', 'if (matched) continue;', 'void matched;', 'test/operators/joins.test.ts'],
  ['TypeScript: as-of joins take the oldest record', 'src/operators/two-sides.ts', 'records?.[firstAfter(records, time) - 1]', 'records?.[0]', 'test/operators/joins.test.ts'],
  ['TypeScript: rows that change are not set aside', 'src/state/changed-rows.ts', 'if (isAfter(stored, this.#at)) this.#setAside.run(stored);', '', 'test/state/changed-rows.test.ts'],
  ['TypeScript: an object is frozen as it is changed later', 'src/state/embedded-table.ts', 'if (slot.dirty !== CLEAN && slot.dirty < this.#tracking.epoch) this.#writeSlot', 'if (false) this.#writeSlot', 'test/state/changed-rows.test.ts'],
  ['TypeScript: what is written from the cache is no change', 'src/state/embedded-table.ts', 'tracking.changed(stored, epoch, undefined);', '', 'test/state/changed-rows.test.ts'],
  ['TypeScript: stored records forget that they have met', 'src/operators/stored-sides.ts', 'this.#meet.run(...span);', '{}', 'test/operators/joins.test.ts'],
  ['TypeScript: stored right records of as-of joins stay for ever', 'src/operators/stored-sides.ts', 'this.#deleteEarlier.run(side, row.k, row.time, row.sequence);', '', 'test/operators/joins.test.ts'],
  ['TypeScript: stored timers fire as they were read', 'src/state/embedded-timers.ts', 'this.#isStale = true;', 'this.#isStale = false;', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: stored timers are there twice', 'src/state/embedded-timers.ts', 'INSERT OR IGNORE', 'INSERT', 'test/operators/windowing/timer-queue.test.ts'],
  ['TypeScript: windows kept in another way are lost', 'src/operators/windowing/engine.ts', '    refuseOtherWindows(this.ctx);\n', '', 'test/state/restore.test.ts'],
  ['TypeScript: window joins take records of one side for the other\'s', 'src/operators/window-join.ts', 'super.process([1, value] satisfies Tagged)', 'super.process([0, value] satisfies Tagged)', 'test/operators/window-join.test.ts'],
  ['TypeScript: a cleanup takes what has not expired', 'src/state/cleanup.ts', 'this.#table.revise(identity, this.#left)', 'this.#table.revise(identity, () => undefined)', 'test/state/keyed-state.test.ts'],
  ['TypeScript: a cleanup goes by what it met', 'src/state/embedded-table.ts', 'const left = revised(entry);', 'const left = undefined;', 'test/state/embedded-store.test.ts'],
  ['TypeScript: state never expires', 'src/state/ttl.ts', 'return this.#now() >= renewed + this.#ttlMs;', 'return this.#now() < renewed;', 'test/state/keyed-state.test.ts'],
  ['TypeScript: reading renews state', 'src/state/ttl.ts', "ttl.renewedBy === 'readAndWrite'", 'true', 'test/state/keyed-state.test.ts'],
  ['TypeScript: states of all keys are one', 'src/state/table.ts', 'return this.#entries.get(keyIdentity(this.#at.key));', 'return [...this.#entries.values()][0];', 'test/state/keyed-state.test.ts'],
  ['TypeScript: what is put out of the cache is not written', 'src/state/embedded-table.ts', 'if (slot.dirty === CLEAN) continue;', 'if (slot.dirty !== CLEAN) continue;', 'test/state/keyed-state.test.ts'],
  ['TypeScript: a list on disk forgets what is added in place', 'src/state/states.ts', 'entries.push(this.#entry(value));\n    this.#table.changed();', 'entries.push(this.#entry(value));', 'test/state/keyed-state.test.ts'],
  ['TypeScript: operator lists go whole to every subtask', 'src/state/tables.ts', 'this.#dealt.slice(share(0), share(1))', 'this.#dealt', 'test/state/operator-state.test.ts'],
  ['TypeScript: a source hands on what its iterator may change', 'src/connectors/function/iteration.ts', 'values.push(isolate(step.value));', 'values.push(step.value);', 'test/connectors/function/source-function.test.ts'],
  ['TypeScript: a batch gathers what goes on to change', 'src/operators/map-batch.ts', 'this.#values.push(this.#isolate(value));', 'this.#values.push(value);', 'test/api/kept-records.test.ts'],
  ['TypeScript: a sink function shares what goes on to change', 'src/operators/sink-operator.ts', 'this.#isolate = inputIsolator(ctx)', '', 'test/api/kept-records.test.ts'],
  ['TypeScript: answers wait as what others change', 'src/operators/async-calls.ts', 'given.map(isolate); // C3', 'given as unknown[];', 'test/api/kept-records.test.ts'],
  ['TypeScript: a call shares its record with what goes on', 'src/operators/async-wait.ts', 'const value = this.#isolate(given); // A6', 'const value = given;', 'test/api/kept-records.test.ts'],
  ['TypeScript: windows share records that they reduce', 'src/operators/windowing/contents.ts', 'return this.isList ? value : this.#isolate(value);', 'return value;', 'test/api/kept-records.test.ts'],
  ['TypeScript: lists of windows share their records', 'src/operators/windowing/contents.ts', '(this.result(found) as unknown[]).map(this.#isolate)', '(this.result(found) as unknown[]).slice()', 'test/api/kept-records.test.ts'],
  ['TypeScript: joins hand out the records that wait', 'src/operators/interval-join.ts', 'isolate(left.value),', 'left.value,', 'test/api/kept-records.test.ts'],
  ['TypeScript: look-ups hand out what will be found again', 'src/operators/lookup-join.ts', 'one(join(value, isolate(found)))', 'one(join(value, found))', 'test/api/kept-records.test.ts'],
  ['TypeScript: subtasks share one object', 'src/runtime/own-instance.ts', 'if (parallelism === 1) return', 'if (parallelism > 0) return', 'test/integration/own-instance.test.ts'],
  ['TypeScript: key groups are hashed otherwise', 'src/state/keys.ts', '0x9e3779b1', '0x9e3779b3', 'test/bridge/vectors.test.ts'],
  ['Python: a record is read after the function went on', `${worker}/runtime/pulling.py`, 'take(records, values, limit, own)', 'values.extend(islice(records, limit))', 'test/python/behaviour/test_kept_records.py'],
  ['Python: a side output shares what was emitted', `${worker}/runtime/outputs.py`, 'buffer.add(self.own_side(value), self._cursor.timestamp)', 'buffer.add(value, self._cursor.timestamp)', 'test/python/behaviour/test_kept_records.py'],
  ['Python: elements of a collection are one object', `${worker}/connectors/collection/source_collection.py`, 'self._take(iter(elements), values, _BATCH)', 'values = elements', 'test/python/behaviour/test_kept_records.py'],
  ['Python: keys share what their selector changes', `${worker}/runtime/output.py`, 'take(selected, keys, len(values), self._own)', 'keys.extend(selected)', 'test/python/behaviour/test_kept_records.py'],
  ['Python: a copy tears apart what a record refers to twice', 'python/isthmus/_values/keep.py', 'return known[id(value)]  # K3', 'pass', 'test/python/values/test_keep.py'],
  ['Python: windows that live on hand out what they hold', `${worker}/operators/windowing/emission.py`, 'result = self.own(result)', 'pass', 'test/python/behaviour/test_held_records.py'],
  ['Python: windows share records that they reduce', `${worker}/operators/windowing/contents.py`, 'return self._shares or fixed(value)', 'return True', 'test/python/behaviour/test_held_records.py'],
  ['Python: a fold emits what it keeps', `${worker}/operators/reduce.py`, 'yield value if shares else own(value)', 'yield value', 'test/python/behaviour/test_held_records.py'],
  ['Python: a batch gathers what goes on to change', `${worker}/operators/map_batch.py`, 'self._take_more(records, held, size - len(held))\n            while', 'held.extend(x for _, x in zip(range(size - len(held)), records))\n            while', 'test/python/behaviour/test_held_records.py'],
  ['Python: answers wait as what others change', `${worker}/operators/async_wait.py`, 'return self._taken(await self._invoke(value))', 'return await self._invoke(value)', 'test/python/behaviour/test_held_records.py'],
  ['Python: joins hand out the records that wait', `${worker}/operators/interval_join.py`, 'own(left.value), own(right.value)', 'left.value, right.value', 'test/python/behaviour/test_held_records.py'],
  ['Python: rows that change are not set aside', `${worker}/state/tracked_table.py`, 'self._view.set_aside(keys)', 'pass', 'test/python/state/test_tracked_table.py'],
  ['Python: an object is frozen as it is changed later', `${worker}/state/tracked_table.py`, 'self.settle((key,))\n        return', 'pass\n        return', 'test/python/state/test_tracked_table.py'],
  ['Python: changes of a checkpoint given up are forgotten', `${worker}/state/tracked_table.py`, 'c.epoch > {base} AND', 'c.epoch = {epoch} AND', 'test/python/state/test_tracked_table.py'],
  ['Python: stored records forget that they have met', `${worker}/operators/stored_sides.py`, 'self._store.write(self._meet, span)', 'pass', 'test/python/operators/test_joins.py'],
  ['Python: stored right records of as-of joins stay for ever', `${worker}/operators/stored_sides.py`, 'self._store.write_all(self._delete_earlier, list(latest.values()))', 'pass', 'test/python/operators/test_joins.py'],
  ['Python: stored timers that fire stay in increments', `${worker}/state/embedded_timers.py`, 'self._touch(time, firing)', 'pass', 'test/python/state/test_restore.py'],
  ['Python: stored timers fire as they were read', `${worker}/state/embedded_timers.py`, 'self._stale = True', 'self._stale = False', 'test/python/state/test_timers.py'],
  ['Python: stored timers are forgotten too late', `${worker}/state/embedded_timers.py`, '        self._forget()\n        self._stale', '        self._stale', 'test/python/state/test_timers.py'],
  ['Python: windows kept in another way are lost', `${worker}/operators/window.py`, '        refuse_other_windows(self.ctx)\n', '', 'test/python/state/test_restore.py'],
  ['Python: look-ups hand out what will be found again', `${worker}/operators/lookup_join.py`, 'yield function(value, own(found))', 'yield function(value, found)', 'test/python/behaviour/test_held_records.py'],
  ['Python: lines are printed of what goes on to change', `${worker}/connectors/print/sink_print.py`, 'islice(values, _LINES_A_WRITE)', 'list(islice(values, _LINES_A_WRITE))', 'test/python/behaviour/test_held_records.py'],
  ['Python: a flat record is kept as it is', 'python/isthmus/_values/keep.py', 'map(type, record.values())):\n            return record.copy()', 'map(type, record.values())):\n            return record', 'test/python/values/test_keep.py'],
  ['Python: code by value forgets its file', 'python/isthmus/_code/by_value.py', 'code.co_filename, *arguments', '"<code>", *arguments', 'test/python/test_by_value.py'],
  ['Python: timers fire out of order', `${worker}/runtime/timer_queue.py`, 'self._keys[time] = {key: True}\n            heappush(self._times, time)', 'self._keys[time] = {key: True}\n            self._times.append(time)', 'test/python/state/test_timers.py'],
  ['Python: deleting a timer is ignored', `${worker}/runtime/timer_queue.py`, 'keys.pop(key, None)', 'pass', 'test/python/state/test_timers.py'],
  ['Python: a second timer of a time replaces the first', `${worker}/runtime/timer_queue.py`, 'keys[key] = True', 'self._keys[time] = {key: True}', 'test/python/state/test_timers.py'],
  ['Python: lateness is off by one', `${worker}/operators/windowing/engine.py`, 'timestamp + self.lateness <= self.ctx.watermark', 'timestamp + self.lateness < self.ctx.watermark', 'test/python/operators/test_windows.py'],
  ['Python: panes of count windows are dropped late', `${worker}/operators/windowing/counted_panes.py`, 'panes.stacks.drop(start + slide)', 'panes.stacks.drop(start)', 'test/python/operators/test_counted_panes.py'],
  ['Python: late records miss their side output', `${worker}/operators/windowing/engine.py`, 'if self.late_tag is not None:', 'if False:', 'test/python/operators/test_windows.py'],
  ['Python: sliding windows begin one too early', `${worker}/operators/windowing/aligned.py`, 'range(last_start, timestamp - size, -slide)', 'range(last_start, timestamp - size - 1, -slide)', 'test/python/operators/test_windows.py'],
  ['Python: sessions that touch stay apart', `${worker}/operators/windowing/sessions.py`, 'first = last = bisect_left(', 'first = last = bisect_right(', 'test/python/operators/test_windows.py'],
  ['Python: windows that merge drop what the others held', `${worker}/operators/windowing/merging.py`, '= self._bridged.combined(found)', '= found[0]', 'test/python/operators/test_windows.py'],
  ['Python: a purging trigger does not purge', 'python/isthmus/_interfaces/window/triggers.py', 'return TriggerResult.FIRE_AND_PURGE if checked.is_fire() else checked', 'return checked', 'test/python/operators/test_triggers.py'],
  ['Python: the lower bound of interval joins is exclusive', `${worker}/operators/interval_join.py`, '(0 if params.get("lowerInclusive", True) else 1)', '1', 'test/python/operators/test_joins.py'],
  ['Python: outer interval joins emit what was joined again', `${worker}/operators/interval_join.py`, 'if not record.matched:', 'if True:', 'test/python/operators/test_joins.py'],
  ['Python: a cleanup takes what has not expired', `${worker}/state/ttl.py`, 'left = None if entry is None else alive(entry, self._kind, self._expiry)', 'left = None', 'test/python/state/test_ttl.py'],
  ['Python: idleness of the input passes a watermark generator', `${worker}/operators/timestamps.py`, 'follows_idleness = False', 'follows_idleness = True', 'test/python/operators/test_timestamps.py'],
  ['Python: state never expires', `${worker}/state/ttl.py`, 'return self.now() >= renewed + self.ttl_ms', 'return False', 'test/python/state/test_ttl.py'],
  ['Python: reading renews state', `${worker}/state/ttl.py`, 'config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite', 'True', 'test/python/state/test_ttl.py'],
  ['Python: what an aborted checkpoint had is lost', `${worker}/state/changes.py`, 'sets = [units for _, units in self._epochs]', 'sets = [units for _, units in self._epochs[-1:]]', 'test/python/state/test_increments.py'],
  ['Python: a change in place leaks into what is frozen', `${worker}/state/views.py`, 'pending[unit] = Aside(', 'Aside(', 'test/python/state/test_increments.py'],
  ['Python: a removed key comes back', `${worker}/state/views.py`, 'removed.append(address(unit))', 'pass', 'test/python/state/test_increments.py'],
  ['Python: a change in place of a map leaks into what is frozen', `${worker}/state/views.py`, 'held[map_key] = kept(value)', 'pass', 'test/python/state/test_increments.py'],
  ['Python: a late answer of an aborted checkpoint counts', `${worker}/state/store.py`, 'if checkpoint not in self._open:\n            return\n        self._held', 'self._held', 'test/python/state/test_increments.py'],
  ['TypeScript: what an aborted checkpoint had is lost', 'src/state/changes.ts', 'return this.#epochs.map(', 'return this.#epochs.slice(-1).map(', 'test/state/increments.test.ts'],
  ['TypeScript: a change in place leaks into what is frozen', 'src/state/views.ts', 'rows: rows.map(ownRow) }', 'rows }', 'test/state/increments.test.ts'],
  ['TypeScript: a removed key comes back', 'src/state/views.ts', '(table.many || rows.length === 0)', 'table.many', 'test/state/increments.test.ts'],
  ['TypeScript: contents changed in place leak into what is frozen', 'src/state/views.ts', 'group.aside.set(identity, { unit, rows: rows.map(ownRow) }, namespace); // V1', '', 'test/state/restore.test.ts'],
  ['TypeScript: sessions that are over stay in increments', 'src/operators/windowing/sessions.ts', 'for (const { id, key } of ended) changes.touch(id, key);', '{}', 'test/state/restore.test.ts'],
  ['Python: what was given up before its barrier is kept', `${worker}/runtime/snapshots.py`, 'if frozen.checkpoint in self._aborted:  # N4', 'if False:', 'test/python/worker/test_barriers.py'],
  ['TypeScript: what was given up before its barrier is kept', 'src/runtime/checkpoints.ts', 'if (answers.takeAborted(checkpoint)) opened.store.aborted(checkpoint);\n    else this', 'this', 'test/runtime/barriers.test.ts'],
  ['Python: lists that nobody declares void each other', `${worker}/state/store.py`, 'yield chunk._replace(kind=MORE) if joins else chunk', 'yield chunk', 'test/python/state/test_operator_state.py'],
  ['TypeScript: lists that nobody declares void each other', 'src/state/store.ts', 'const joins = hasAny && !isKeyed && kind === WHOLE;', 'const joins = false;', 'test/state/operator-state.test.ts'],
  ['TypeScript: lists that nobody declares are kept by all', 'src/state/store.ts', 'if (!isKeyed && keeper !== this.place.subtask) continue;', '', 'test/state/operator-state.test.ts'],
  ['Python: operator lists go whole to every subtask', `${worker}/state/tables.py`, 'self._dealt[first:end]', 'self._dealt', 'test/python/state/test_operator_state.py'],
  ['Python: every key group is everybody\'s', `${worker}/state/key_identity.py`, 'return self._groups.owner(group) == self._subtask', 'return True', 'test/python/state/test_keyed_state.py'],
  ['TypeScript: what passes is kept for readers to come', 'src/runtime/job-events.ts', 'if (!PASSING.has(event.kind)) this.#kept.add(event);', 'this.#kept.add(event);', 'test/runtime/job-events.test.ts'],
  ['TypeScript: the oldest events go untold', 'src/runtime/job-events.ts', 'this.#dropped += this.#events.length - MAX_UNREAD;', '', 'test/runtime/job-events.test.ts'],
  ['TypeScript: a log line waits for nobody', 'src/runtime/job-events.ts', "if (taken !== undefined && event.kind === 'log') held = both(held, taken);", '', 'test/runtime/job-events.test.ts'],
  ['TypeScript: a pipe of events tears a line apart', 'src/terminal/event-lines.ts', 'if (this.#rest.length > 0) this.#write(this.#rest);', 'this.#rest = Buffer.alloc(0);', 'test/terminal/event-lines.test.ts'],
  ['TypeScript: counts of failed attempts are lost', 'src/runtime/job-metrics.ts', 'this.#before = this.totals().map(settled);', '', 'test/runtime/job-metrics.test.ts'],
  ['TypeScript: an attempt that is over is heard', 'src/runtime/job-metrics.ts', 'if (attempt !== this.#attempt) return;', '', 'test/runtime/job-metrics.test.ts'],
  ['TypeScript: a gauge that fails is gone', 'src/runtime/metric-group.ts', 'return this.#last;', 'const last = this.#last;\n    this.#last = undefined;\n    return last;', 'test/api/metrics.test.ts::of functions in typescript'],
  ['TypeScript: what fires takes no time', 'src/runtime/chain-links.ts', 'link.firedMs += (timed - this.innerMs) * scale;', '', 'test/runtime/busy-time.test.ts::of what fires'],
  ['TypeScript: a restart takes other workers', 'src/runtime/job-workers.ts', "return parting.kind === 'closed' && parting.threads.length === 0;", 'return false;', 'test/integration/restarts.test.ts::of a Python function all workers stay'],
  ['TypeScript: a worker in which a thread goes on stays', 'src/runtime/job-workers.ts', "parting.kind === 'closed' && parting.threads.length === 0;", "parting.kind === 'closed';", 'test/integration/restarts.test.ts::in which a worker leaves a thread'],
  ['TypeScript: a restart gives results again', 'src/runtime/job-execution.ts', '&& !this.#resultsAreBack()) throw', '&& false) throw', 'test/runtime/job-execution.test.ts::a job that has given results'],
  ['checkpoints: a manifest is not synced', 'src/checkpoint/checkpoint-folder.ts', 'await file.sync();', '', 'test/checkpoint/checkpoint-folder.test.ts::power may go'],
  ['checkpoints: the folder of a manifest is not synced', 'src/checkpoint/checkpoint-folder.ts', 'await this.#files.syncFolder(this.path);', '', 'test/checkpoint/checkpoint-folder.test.ts::power may go'],
  ['checkpoints: the oldest is the one that counts', 'src/checkpoint/checkpoint-folder.ts', '(await this.#checkpoints()).reverse()', 'await this.#checkpoints()', 'test/checkpoint/checkpoint-folder.test.ts::one that is damaged'],
  ['checkpoints: a manifest is not compared with its hash', 'src/checkpoint/manifest.ts', 'if (hashOf(body) !== hash)', 'if (false)', 'test/checkpoint/checkpoint-folder.test.ts::a manifest is what'],
  ['checkpoints: one whose files are gone is taken', 'src/checkpoint/checkpoint-folder.ts', 'await this.#checkFiles(manifest);', '', 'test/checkpoint/checkpoint-folder.test.ts::one whose file is gone'],
  ['checkpoints: a file that a retained one shares goes', 'src/checkpoint/checkpoint-folder.ts', 'named.has(name) || Number(of) > newest', 'Number(of) > newest', 'test/checkpoint/checkpoint-folder.test.ts::older ones go'],
  ['checkpoints: files of one under way go', 'src/checkpoint/checkpoint-folder.ts', 'named.has(name) || Number(of) > newest', 'named.has(name)', 'test/checkpoint/checkpoint-folder.test.ts::older ones go'],
  ['checkpoints: of one that could not be sealed something stays', 'src/checkpoint/checkpoint-folder.ts', "await this.#files.remove(unfinished).catch(() => {});\n      await", 'await', 'test/checkpoint/checkpoint-folder.test.ts::nothing is found'],
  ['checkpoints: what is whole voids nothing', 'src/checkpoint/merged.ts', 'i >= (last.get(group) ?? 0)', 'i >= 0', 'test/checkpoint/merged.test.ts'],
  ['checkpoints: files of what is void are named', 'src/checkpoint/merged.ts', 'return compact({ ...place, files: [...base.files, ...increment.files], operators });', 'return { ...place, files: [...base.files, ...increment.files], operators };', 'test/checkpoint/merged.test.ts'],
  ['checkpoints: complete before all have answered', 'src/checkpoint/coordinator.ts', 'if (going.missing.size === 0) {', 'if (going.missing.size <= 1) {', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: told of before it is sealed', 'src/checkpoint/coordinator.ts', 'await folder.seal(this.#manifest(going));', 'participants.completed(checkpoint);\n      await folder.seal(this.#manifest(going));', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: a late answer is taken', 'src/checkpoint/coordinator.ts', 'going?.checkpoint !== checkpoint || going.isSealing', 'going === undefined || going.isSealing', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: an aborted one becomes the base', 'src/checkpoint/coordinator.ts', "if (state !== undefined) going.answers.set(key, state);", "if (state !== undefined) going.answers.set(key, state);\n    if (state !== undefined) this.#base.set(key, state);", 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: one that fails is not told as aborted', 'src/checkpoint/coordinator.ts', 'participants.aborted(checkpoint);', '', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: a subtask that has finished has nothing', 'src/checkpoint/coordinator.ts', "return before; // C4", 'return undefined;', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: the last one waits for its turn', 'src/checkpoint/coordinator.ts', 'if (this.#isLast && this.#going === undefined) this.#next(0); // C5', '', 'test/checkpoint/coordinator.test.ts'],
  ['checkpoints: results are given before the one that covers them', 'src/runtime/held-results.ts', '(segment.checkpoint ?? Infinity) <= checkpoint', 'true', 'test/runtime/held-results.test.ts'],
  ['checkpoints: an attempt begins from the beginning', 'src/runtime/job-checkpoints.ts', 'restore: from && restoredStates(from, this.#tasks(), settings.recoveryIgnoresUnclaimed),', 'restore: undefined,', 'test/integration/checkpoints.test.ts::costs its caller no result'],
  ['checkpoints: a job that fails alike goes on', 'src/runtime/restart-strategy.ts', 'count >= HOPELESS ? undefined', 'count >= Infinity ? undefined', 'test/runtime/restart-strategy.test.ts'],
  ['TypeScript: a restart is not told', 'src/runtime/job-execution.ts', 'this.#tellRestart(attempt, pauseMs, error);', '', 'test/runtime/job-execution.test.ts::a restart is told'],
  ['Python: what passes is kept for readers to come', 'python/isthmus/_driver/events.py', 'if event["kind"] not in PASSING:', 'if True:', 'test/python/driver/test_events.py::test_who_comes_late_is_told_nothing_that_passes'],
  ['Python: the oldest events go untold', 'python/isthmus/_driver/events.py', 'self._dropped += 1', 'pass', 'test/python/driver/test_events.py::test_of_what_nobody_reads_the_oldest_go'],
  ['Python: records of a failed batch count whole', `${worker}/runtime/record_run.py`, 'self.at_hand.consumed)', 'self.at_hand._size)', 'test/python/behaviour/test_counts.py'],
  ['Python: a gauge that fails is gone', `${worker}/runtime/metrics.py`, 'pass  # M2', 'self._last = None', 'test/python/worker/test_metrics.py'],
  ['TypeScript: a setting of an older key is stronger than that of today', 'src/config/resolve.ts', 'found.set(setting.key, setting);', 'if (!found.has(setting.key)) found.set(setting.key, setting);', 'test/config/values.test.ts'],
  ['TypeScript: a setting beyond its limits is taken', 'src/config/values.ts', 'Number.isFinite(value) && value >= least && value <= greatest', 'Number.isFinite(value)', 'test/config/values.test.ts'],
  ['TypeScript: lines of a file that say no setting are skipped', 'src/config/file.ts', 'if (parts === null) return index + 1;', 'if (parts === null) continue;', 'test/config/file.test.ts'],
  ['Python: a setting in seconds is read as milliseconds', 'python/isthmus/_settings/values.py', '(1_000_000_000, "s sec', '(1_000_000, "s sec', 'test/python/settings/test_settings_vectors.py'],
];

const words = process.argv.slice(2);
const chosen = mutations.filter(
  ([name, , , , test]) => words.length === 0 || words.some((word) => name.includes(word) || test.includes(word)),
);
const copy = mkdtempSync(join(tmpdir(), 'isthmus-mutations-'));
const env = {
  ...process.env,
  PATH: [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  PYTHONPATH: join(copy, 'python'),
  NO_COLOR: '1',
};
/** The process group of the test that runs. */
let current;
let pytest;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stop();
    rmSync(copy, { recursive: true, force: true });
    process.exit(130);
  });
}

const missed = [];
try {
  const skipped = new Set(['__pycache__', '_runtime', '.mypy_cache', '.hypothesis', '.pytest_cache']);
  const filter = (source) => !skipped.has(basename(source));
  for (const part of ['src', 'python', 'test', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'pyproject.toml']) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter });
  }
  for (const part of ['node_modules', '.venv']) symlinkSync(join(root, part), join(copy, part));

  compile(join(copy, 'python'));

  const broken = new Set();
  const tests = [...new Set(chosen.map(([, , , , test]) => test))];
  for (const some of [tests.filter(isPython), tests.filter(isWhole), tests.filter(isNamed)]) {
    if (some.length === 0 || !(await run(some)).failed) continue;
    for (const test of some) {
      const { failed, output } = await run([test]);
      if (!failed) continue;
      broken.add(test);
      console.log(`${test} fails without a mutation:\n${output.slice(-2000)}`);
    }
  }
  for (const [name, file, text, planted, test] of chosen) {
    const began = Date.now();
    const path = join(copy, file);
    const source = readFileSync(path, 'utf8');
    let verdict = 'missed';
    let by;
    if (source.split(text).length !== 2) verdict = `stale: its text is not once in ${file}`;
    else if (broken.has(test)) verdict = 'not tried';
    else {
      writeFileSync(path, source.replace(text, () => planted));
      const { failed, output } = await run([test], TEST_LIMIT_S);
      if (failed) verdict = 'caught';
      if (failed) by = failedTest(output);
      writeFileSync(path, source);
    }
    if (verdict !== 'caught') missed.push(name);
    console.log(`${verdict.padEnd(7)} ${name} (${by ?? test}, ${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }
} finally {
  pytest?.end();
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${chosen.length - missed.length} of ${chosen.length} caught${missed.length > 0 ? `; not: ${missed.join('; ')}` : ''}`);
if (missed.length > 0 || chosen.length === 0) process.exitCode = 1;

function isPython(test) {
  return test.includes('.py');
}

function isWhole(test) {
  return !isPython(test) && !test.includes('::');
}

function isNamed(test) {
  return !isPython(test) && test.includes('::');
}

/** The one that has caught a bug. */
function failedTest(output) {
  const [, test] = /^(?:FAILED|ERROR) (\S+)/m.exec(output) ?? [];
  const [, file, name] = /^ *FAIL +(\S+\.ts) > (.*)$/m.exec(output) ?? [];
  return test ?? (file === undefined ? undefined : `${file}::${name}`);
}

/** Modules are compiled once. What is compiled goes by the contents of a source: a bug is planted within a second, too. */
function compile(folder) {
  const args = ['-m', 'compileall', '-q', '--invalidation-mode', 'checked-hash', folder];
  spawnSync(join(copy, '.venv', 'bin', 'python'), args, { stdio: 'inherit' });
}

/** Runs tests of one kind in the copy. One that hangs has failed, too. */
async function run(tests, testLimitS = LIMIT_MS / 1_000) {
  const limit = setTimeout(stop, tests.length * LIMIT_MS);
  try {
    return await (isPython(tests[0]) ? runPytest(tests, testLimitS) : runVitest(tests, testLimitS));
  } finally {
    clearTimeout(limit);
    current = undefined;
  }
}

/** By a server that has imported what no mutation is of. */
async function runPytest(tests, testLimitS) {
  pytest ??= startPytest();
  // What the server has imported can no longer be rewritten.
  const imported = ['-W', 'ignore::pytest.PytestAssertRewriteWarning'];
  const limit = ['-o', `faulthandler_timeout=${testLimitS}`];
  pytest.ask(['-x', '-q', '-p', 'no:cacheprovider', ...imported, ...limit, ...tests]);
  current = (await pytest.answer()).pid;
  return pytest.answer();
}

function startPytest() {
  const server = spawn(join(copy, '.venv', 'bin', 'python'), [join(root, 'scripts', 'pytest-server.py')], {
    cwd: copy,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  return {
    ask: (args) => server.stdin.write(`${JSON.stringify(args)}\n`),
    async answer() {
      const { value, done } = await lines.next();
      if (done) throw new Error('The server of pytest has ended.');
      return JSON.parse(value);
    },
    end: () => server.stdin.end(),
  };
}

function runVitest(tests, testLimitS) {
  const files = [...new Set(tests.map((test) => test.split('::')[0]))];
  const names = tests.map((test) => test.split('::')[1]).filter((name) => name !== undefined);
  const named = names.length === 0 ? [] : ['-t', names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')];
  const args = ['run', '--bail=1', `--testTimeout=${testLimitS * 1_000}`, ...files, ...named];
  return new Promise((resolve, reject) => {
    const child = spawn(join(copy, 'node_modules', '.bin', 'vitest'), args, {
      cwd: copy,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    current = child.pid;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ failed: code !== 0, output }));
  });
}

/** Ends the test that runs, with what it has started. */
function stop() {
  if (current !== undefined) process.kill(-current, 'SIGKILL');
}
