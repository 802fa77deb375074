// The checkpoints of a job over all its attempts: where they are, their numbers, and what an attempt begins with.
//
//   P1. Numbers go on over attempts: none is given twice in a folder.
//   P2. An attempt begins with the newest whole checkpoint, when what the one before was sealing is sealed.
//   P3. Where no folder is set checkpoints live as long as the job, in a temporary one.
//   P4. A checkpoint of another job is copied, not moved: that job's folder stays as it is.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckpointNews, Participants } from '../checkpoint/coordinator.ts';
import { Coordinator } from '../checkpoint/coordinator.ts';
import { CheckpointFolder } from '../checkpoint/checkpoint-folder.ts';
import { adopt } from '../checkpoint/adopt.ts';
import { restoredStates } from '../checkpoint/restore.ts';
import { SETTINGS } from '../config/table.ts';
import { ConfigurationError, type IsthmusError } from '../errors.ts';
import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { Machine } from '../machine/machine.ts';
import { FileStorage } from '../state/storage/file-storage.ts';
import type { StateStorage } from '../state/storage/storage.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';

export interface JobCheckpointsOptions {
  readonly plan: ExecutionPlan;
  readonly job: string;
  readonly machine: Machine;
  readonly tell: (news: CheckpointNews) => void;
  readonly log: (level: 'warn' | 'info', message: string) => void;
}

/** What one attempt has of it. */
export interface AttemptCheckpoints {
  readonly coordinator: Coordinator;
  readonly folder: string;
  readonly storage: StateStorage;
  /** By task; undefined: the attempt begins from the beginning. */
  readonly restore: ReadonlyMap<number, readonly SubtaskState[]> | undefined;
}

const PREFIX = 'isthmus-checkpoints-';

export class JobCheckpoints {
  readonly #options: JobCheckpointsOptions;
  #folder: CheckpointFolder | undefined;
  #isTemporary = false;
  #number = 0;
  #coordinator: Coordinator | undefined;
  #completed = 0;

  /** Whether the job takes any: where an interval is set, and a stream is no batch. */
  static areOn({ graph, mode }: ExecutionPlan): boolean {
    return graph.settings.checkpointIntervalMs !== undefined && mode === 'STREAMING';
  }

  constructor(options: JobCheckpointsOptions) {
    this.#options = options;
  }

  /** How many have been completed, over all attempts. */
  get completed(): number {
    return this.#completed;
  }

  async begin(
    attempt: number,
    participants: Participants,
    fail: (error: IsthmusError) => void,
  ): Promise<AttemptCheckpoints> {
    const { plan, job, machine, tell, log } = this.#options;
    await this.#coordinator?.stop(); // P2
    const folder = (this.#folder ??= await this.#made());
    const { settings } = plan.graph;
    const from = await folder.newest();
    if (from !== undefined) {
      log('info', `The job goes on from checkpoint ${from.checkpoint}.`);
    }
    this.#coordinator = new Coordinator({
      job,
      jobName: plan.graph.name,
      attempt,
      tasks: plan.tasks.map(({ id, name, parallelism }) => ({ task: id, name, parallelism })),
      settings: {
        intervalMs: settings.checkpointIntervalMs as number,
        timeoutMs: settings.checkpointTimeoutMs,
        minPauseMs: settings.checkpointMinPauseMs,
        tolerable: settings.tolerableFailedCheckpoints,
        retained: settings.retainedCheckpoints,
      },
      clock: machine.clock,
      folder,
      number: () => this.#number++,
      participants,
      tell: (news) => {
        if (news.kind === 'checkpoint-completed') this.#completed++;
        tell(news);
      },
      fail,
    });
    return {
      coordinator: this.#coordinator,
      folder: folder.path,
      storage: new FileStorage(machine.files, folder.path),
      restore: from && restoredStates(from, this.#tasks(), settings.recoveryIgnoresUnclaimed),
    };
  }

  /** The job is over. `keep`: it may go on later. */
  async end(keep: boolean): Promise<void> {
    await this.#coordinator?.stop();
    if (this.#folder === undefined || (keep && !this.#isTemporary)) return;
    await this.#folder.clear().catch((error: Error) => {
      this.#options.log(
        'warn',
        `Checkpoints are left behind in ${this.#folder?.path}: ${error.message}`,
      );
    });
  }

  #tasks(): { task: number; uids: string[] }[] {
    return this.#options.plan.tasks.map(({ id, chain }) => ({
      task: id,
      uids: chain.map(({ uid }) => uid as string),
    }));
  }

  async #made(): Promise<CheckpointFolder> {
    const { plan, job, machine, log } = this.#options;
    const { checkpointDir } = plan.graph.settings;
    this.#isTemporary = checkpointDir === undefined; // P3
    const path =
      checkpointDir === undefined
        ? await machine.files.makeTemporaryFolder(PREFIX)
        : join(pathOf(SETTINGS.checkpointDir.key, checkpointDir), job);
    const folder = new CheckpointFolder(machine.files, path, (message) => log('warn', message));
    await folder.make().catch((cause: Error) => {
      throw new ConfigurationError(
        `The checkpoints of job "${plan.graph.name}" cannot be kept in ${path}: ${cause.message}. Set ${SETTINGS.checkpointDir.key} to a folder that can be made and written.`,
        { cause },
      );
    });
    const { recoveryPath } = plan.graph.settings;
    if (recoveryPath !== undefined)
      await adopt(machine.files, folder, pathOf(SETTINGS.recoveryPath.key, recoveryPath)); // P4
    this.#number = (await folder.highest()) + 1; // P1
    return folder;
  }
}

/** Flink's folders are URIs; here they are paths, of `file:` URIs too. */
function pathOf(key: string, text: string): string {
  if (text.startsWith('file:')) return fileURLToPath(text.replace(/^file:\/*/, 'file:///'));
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return text;
  throw new ConfigurationError(
    `${key} is ${JSON.stringify(text)}; checkpoints are kept in a folder of this machine: give its path.`,
  );
}
