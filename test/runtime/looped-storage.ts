// State that crosses the bridge and comes back, within a test.

import { BridgeStorage } from '../../src/state/storage/bridge-storage.ts';

/** What one subtask keeps in it, any other finds in it. */
export const loopedStorage: BridgeStorage = new BridgeStorage((number, isLast, piece) => {
  loopedStorage.receive(number, isLast, piece);
}, 1 << 12);
