/** Whether bytes of a process that may be in any state are a value that may travel. */

import { limits } from "../../../protocol/core/limits.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";

export const isCanonical = (bytes: Uint8Array): boolean => bytes.length <= limits.blobBytes && decodeValue(bytes).ok;
