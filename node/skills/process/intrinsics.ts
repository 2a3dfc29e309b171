/**
 * Detects changes of the language's built-ins after a module was loaded: a skill that replaces `JSON` or a method of
 * `Array` breaks every other attempt in its process, and the code that reports for them.
 *
 * Ignores what a module changes while it loads (a polyfill), what it adds, and what is not part of the language (`fetch`).
 */

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

const NAMES = [
  ...[
    "Object",
    "Function",
    "Array",
    "String",
    "Number",
    "Boolean",
    "Symbol",
    "BigInt",
    "Math",
    "JSON",
    "Reflect",
    "Proxy",
  ],
  ...["Promise", "Map", "Set", "WeakMap", "WeakSet", "Date", "RegExp", "Error", "TypeError", "RangeError"],
  ...[
    "ArrayBuffer",
    "Uint8Array",
    "DataView",
    "Buffer",
    "TextEncoder",
    "TextDecoder",
    "AbortController",
    "AbortSignal",
  ],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "queueMicrotask", "process"],
] as const;
/** Built-ins whose own functions are watched, too. */
const WITH_PARTS = new Set<string>([
  "Object",
  "Function",
  "Array",
  "String",
  "Number",
  "JSON",
  "Reflect",
  "Promise",
  "Map",
  "Set",
  "Uint8Array",
]);

interface Part {
  readonly name: string;
  readonly owner: object;
  readonly key: PropertyKey;
  readonly value: unknown;
}

const valueAt = (owner: object, key: PropertyKey): unknown => {
  const { value, get } = getOwnPropertyDescriptor(owner, key) ?? {};
  return get ?? value;
};

/** The functions among an object's own properties: other properties may change by themselves (`RegExp.lastMatch`). */
function partsOf(name: string, owner: object): Part[] {
  return ownKeys(owner).flatMap((key) => {
    const value = valueAt(owner, key);
    return typeof value === "function" ? [{ name: `${name}.${String(key)}`, owner, key, value }] : [];
  });
}

/** Remembers the built-ins as they are now; the returned function names the first that has changed since, or null. */
export function watchIntrinsics(): () => string | null {
  const parts: Part[] = [];
  for (const name of NAMES) {
    const value = (globalThis as { readonly [key: string]: unknown })[name] as object & { readonly prototype?: object };
    parts.push({ name, owner: globalThis, key: name, value: valueAt(globalThis, name) });
    if (!WITH_PARTS.has(name)) continue;
    parts.push(...partsOf(name, value));
    if (value.prototype !== undefined) parts.push(...partsOf(`${name}.prototype`, value.prototype));
  }
  const iterator = getPrototypeOf([][Symbol.iterator]()) as object;
  parts.push(...partsOf("ArrayIterator", iterator));
  return () => {
    for (let i = 0; i < parts.length; i++) {
      const { name, owner, key, value } = parts[i]!;
      if (valueAt(owner, key) !== value) return name;
    }
    // An enumerable property that every `for … in` loop would meet.
    for (const key in {}) return `Object.prototype.${key}`;
    return null;
  };
}
