/**
 * Bytes and text without any platform API: UTF-8, hexadecimal, base64, comparison.
 * protocol/ is compiled without DOM or Node types, so that nothing in it can reach the outside.
 */

const HEX_DIGITS: readonly number[] = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** The buffer in which a hash becomes text: made in one piece, the text is cheaper to make and to use as a key of a Map. */
const hashDigits: number[] = new Array(64).fill(0);

export function toHex(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  const isHash = to - from === 32;
  let text = "";
  let at = 0;
  for (let i = from; i < to; i++) {
    const high = HEX_DIGITS[bytes[i]! >> 4]!;
    const low = HEX_DIGITS[bytes[i]! & 15]!;
    if (isHash) {
      hashDigits[at++] = high;
      hashDigits[at++] = low;
    } else text += String.fromCharCode(high, low);
  }
  return isHash ? String.fromCharCode.apply(String, hashDigits) : text;
}

function nibble(charCode: number): number {
  if (charCode >= 48 && charCode <= 57) return charCode - 48;
  if (charCode >= 97 && charCode <= 102) return charCode - 87;
  return -1;
}

/** Writes the bytes of lower-case hexadecimal `text` at `offset`; the caller made room. False if it is anything else. */
export function hexWrite(text: string, into: Uint8Array, offset: number): boolean {
  for (let i = 0; i < text.length; i += 2) {
    const high = nibble(text.charCodeAt(i));
    const low = nibble(text.charCodeAt(i + 1)); // NaN at the end of a text of odd length: no digit
    if (high < 0 || low < 0) return false;
    into[offset + i / 2] = high * 16 + low;
  }
  return true;
}

/** Lower-case hexadecimal only, so that equal bytes have one text. `null` if `text` is anything else. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  return hexWrite(text, bytes, 0) ? bytes : null;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i]!;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    text += BASE64[a >> 2]! + BASE64[((a & 3) << 4) | ((b ?? 0) >> 4)]!;
    text += b === undefined ? "=" : BASE64[((b & 15) << 2) | ((c ?? 0) >> 6)]!;
    text += c === undefined ? "=" : BASE64[c & 63]!;
  }
  return text;
}

/** Canonical padded base64 only. `null` if `text` is anything else. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    for (let j = 0; j < 4; j++) {
      const padded = i + j >= text.length - padding;
      const value = padded ? 0 : BASE64.indexOf(text[i + j]!);
      if (value < 0) return null;
      group = group * 64 + value;
    }
    for (const byte of [group >> 16, (group >> 8) & 255, group & 255]) if (at < bytes.length) bytes[at++] = byte;
  }
  return toBase64(bytes) === text ? bytes : null;
}

/** Number of bytes of `text` in UTF-8, or -1 if it holds half of a surrogate pair. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return -1;
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

/** Writes well-formed `text` (see `utf8Length`) at `offset`; the caller made room. Returns the end. */
export function utf8Write(text: string, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      into[at++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdbff)
      point = 0x10000 + ((point - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
    if (point < 0x800) into[at++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) into[at++] = 0xe0 | (point >> 12);
      else {
        into[at++] = 0xf0 | (point >> 18);
        into[at++] = 0x80 | ((point >> 12) & 63);
      }
      into[at++] = 0x80 | ((point >> 6) & 63);
    }
    into[at++] = 0x80 | (point & 63);
  }
  return at;
}

/** UTF-8 of `text`; half surrogates are the caller's error and become U+FFFD, as everywhere. */
export function utf8(text: string): Uint8Array {
  const length = utf8Length(text);
  const wellFormed = length < 0 ? text.replace(/[\ud800-\udfff]/gu, "\ufffd") : text;
  const bytes = new Uint8Array(length < 0 ? utf8Length(wellFormed) : length);
  utf8Write(wellFormed, bytes, 0);
  return bytes;
}

/** The longest beginning of `text` with whole characters only that takes at most `bytesMax` bytes; always encodable. */
export function clip(text: string, bytesMax: number): string {
  const start = text.slice(0, bytesMax);
  let length = 0;
  let clipped = "";
  for (const character of start) {
    const whole = utf8Length(character) < 0 ? "\ufffd" : character;
    length += utf8Length(whole);
    if (length > bytesMax) break;
    clipped += whole;
  }
  return clipped;
}

/**
 * Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. `null` on any of these, so that
 * equal text always has equal bytes.
 */
export function utf8Read(bytes: Uint8Array, start: number, end: number): string | null {
  let text = "";
  let i = start;
  while (i < end) {
    if (i + 8 <= end) {
      // Most text is ASCII, and eight characters at once are cheaper than eight times one.
      const a = bytes[i]!;
      const b = bytes[i + 1]!;
      const c = bytes[i + 2]!;
      const d = bytes[i + 3]!;
      const e = bytes[i + 4]!;
      const f = bytes[i + 5]!;
      const g = bytes[i + 6]!;
      const h = bytes[i + 7]!;
      if ((a | b | c | d | e | f | g | h) < 0x80) {
        text += String.fromCharCode(a, b, c, d, e, f, g, h);
        i += 8;
        continue;
      }
    }
    const lead = bytes[i++]!;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const extra =
      lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xc2 && lead < 0xe0 ? 1 : 0;
    if (extra === 0 || i + extra > end) return null;
    let point = lead & (0x3f >> extra);
    for (let k = 0; k < extra; k++) {
      const byte = bytes[i++]!;
      if ((byte & 0xc0) !== 0x80) return null;
      point = (point << 6) | (byte & 0x3f);
    }
    if (extra === 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return null;
    if (extra === 3 && (point < 0x10000 || point > 0x10ffff)) return null;
    text += String.fromCodePoint(point);
  }
  return text;
}

/** Order of the UTF-8 bytes, which is the order of code points: <0, 0 or >0. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-16 sorts surrogates (which stand for code points beyond 0xffff) below 0xe000-0xffff: lift them.
    const xs = x >= 0xd800 && x <= 0xdfff;
    const ys = y >= 0xd800 && y <= 0xdfff;
    return xs === ys ? x - y : xs ? 1 : -1;
  }
  return a.length - b.length;
}

/**
 * The engine's own order of text, by UTF-16 code units: the same everywhere and many times cheaper than `compareText`.
 * For orders that nobody sees.
 */
export const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lexicographic order of bytes: <0, 0 or >0. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
