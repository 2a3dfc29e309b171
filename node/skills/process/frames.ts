/** Frames on a stream of bytes: length of the header, length of the body (both uint32 LE), header in JSON, body. */

const LENGTHS_BYTES = 8;

const { parse, stringify } = JSON; // a skill may replace them in its process

export interface Frame {
  readonly header: unknown;
  readonly body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** `body` is not copied. */
export function encodeFrame(header: object, body: Uint8Array = NOTHING): Buffer[] {
  const text = Buffer.from(stringify(header));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return [lengths, text, ...(body.length > 0 ? [Buffer.from(body.buffer, body.byteOffset, body.byteLength)] : [])];
}

/** Assembles frames from chunks. `push` throws on a frame that is too long or whose header is not JSON. */
export class FrameReader {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== null; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | null {
    if (this.#bytes < LENGTHS_BYTES) return null;
    const start = this.#front(LENGTHS_BYTES);
    const headerEnd = LENGTHS_BYTES + start.readUInt32LE(0);
    const wanted = headerEnd + start.readUInt32LE(4);
    if (wanted > this.#bytesMax) throw new Error(`a frame of ${wanted} bytes`);
    if (this.#bytes < wanted) return null;
    const all = this.#front(wanted);
    this.#bytes -= wanted;
    if (all.length === wanted) this.#chunks.shift();
    else this.#chunks[0] = all.subarray(wanted);
    return { header: parse(all.toString("utf8", LENGTHS_BYTES, headerEnd)), body: all.subarray(headerEnd, wanted) };
  }

  /** The first chunk, joined with the others if it has fewer than `bytes`. */
  #front(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
