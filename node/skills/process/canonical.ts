/** Whether bytes are a canonical value that may travel. They come from a process that may be in any state. */

import { limits } from "../../../protocol/core/limits.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";

export const isCanonical = (bytes: Uint8Array): boolean => bytes.length <= limits.blobBytes && decodeValue(bytes).ok;
