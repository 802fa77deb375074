// Files as the runtime sees them. It opens none in another way, so a simulation can hand it files that tear, forget what was
// not synced, or are full. Twin of python/isthmus/_worker/machine/files.py.
//
// What was written is there for good when the file has been synced; its name is when its folder has been, too. Errors are the
// system's, with its `code` (ENOENT, ENOSPC, …).

/**
 * `write`: a file that is there is emptied. `new`: it must not be there. `private`: as `new`, and nobody else may read it.
 * `append`: what is there stays.
 */
export type OpenMode = 'read' | 'write' | 'new' | 'private' | 'append';

export interface FileStat {
  folder: boolean;
  bytes: number;
  modifiedMs: number;
}

export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

export interface OpenFile {
  /** Fills `into` from `position` on, as far as the file goes; how many bytes that were. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of it behind what is there. */
  write(bytes: Uint8Array): Promise<void>;
  size(): Promise<number>;
  truncate(bytes: number): Promise<void>;
  /** Resolves when what was written survives a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Of what a link leads to; undefined where there is nothing. */
  stat(path: string): Promise<FileStat | undefined>;
  /** In no order. */
  entries(folder: string): Promise<FolderEntry[]>;
  realPath(path: string): Promise<string>;
  /** With those above it, where they are not there. `private`: nobody else may look into it, whatever the umask. */
  makeFolder(folder: string, access?: 'private'): Promise<void>;
  /** A new one with a name of its own, in `within` or where temporary files go. */
  makeTemporaryFolder(prefix: string, within?: string): Promise<string>;
  /** In place of what has that name. */
  rename(from: string, to: string): Promise<void>;
  /** A file or an empty folder; false where there was none. */
  remove(path: string): Promise<boolean>;
  /** A folder with all that is in it, if it is there. */
  removeFolder(folder: string): Promise<void>;
  /** Resolves when the names in it survive a loss of power. */
  syncFolder(folder: string): Promise<void>;
  /** The same, for who cannot wait. */
  readonly now: FilesNow;
}

type Now<Method> = Method extends (...args: infer Args) => Promise<infer Result>
  ? (...args: Args) => Result
  : Method;

export type OpenFileNow = { [Name in keyof OpenFile]: Now<OpenFile[Name]> };

export type FilesNow = { [Name in Exclude<keyof Files, 'now' | 'open'>]: Now<Files[Name]> } & {
  open(path: string, mode: OpenMode): OpenFileNow;
};
