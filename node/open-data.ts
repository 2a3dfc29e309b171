/** Opens what a node keeps: its key, its store, its blobs, and whether the store has all that was said with the key. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { type Identity, KEY_FILE, loadOrMakeIdentity, makeIdentity } from "./network/identity.ts";
import { tellNews } from "./network/news.ts";
import type { NodeOptions } from "./node-options.ts";
import { makePrivateFolder } from "./platform/files/private-files.ts";
import { createFolderBlobStore } from "./store/blob-folder.ts";
import { type BlobStore, createMemoryBlobStore } from "./store/blob-store.ts";
import { KeyUses } from "./store/key-uses.ts";
import { createRecordStore, type RecordStore } from "./store/record-store.ts";

export interface NodeData {
  readonly identity: Identity;
  readonly store: RecordStore;
  readonly blobs: BlobStore;
  /** Null where nothing is kept. */
  readonly uses: KeyUses | null;
}

/** Throws `storage` for a folder that cannot be used. */
export function openData(options: NodeOptions, log: Logger): NodeData {
  const { data: folder = null, onFatal } = options;
  if (folder === null) {
    const store = createRecordStore({ folder, onError: (error) => onFatal?.(error) });
    return { identity: options.identity ?? makeIdentity(), store, blobs: createMemoryBlobStore(), uses: null };
  }
  makePrivateFolder(folder, KEY_FILE);
  const key = join(folder, KEY_FILE);
  const isKeyNew = options.identity !== undefined || !existsSync(key);
  const identity = options.identity ?? loadOrMakeIdentity(key);
  const store = createRecordStore({ folder, onError: (error) => onFatal?.(error) });
  try {
    // Before anything is asked of the agent: new needs come before their jobs have records.
    store.needs.releaseUnrecorded();
    const uses = new KeyUses({ folder, agent: identity.agent, isKeyNew, store, nowMs: Date.now() });
    if (uses.isNews) tellNews({ kind: "lost-votes", folder }, options.onNews, log);
    return { identity, store, blobs: createFolderBlobStore(join(folder, "blobs")), uses };
  } catch (error) {
    store.close();
    throw error;
  }
}
