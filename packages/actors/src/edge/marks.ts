// How a plain tree, which is all that msgpack carries, says what else a value holds. Written by `lowering.ts`, read back
// by `raising.ts`.
//
// A mark is an array whose first item is a string that begins with U+0000; the rest of that string says what it means.
// Invariant: every other array is the user's, item for item, so plain data costs nothing on either side.

/** ['\0', …items]: an array of the user's own whose first item looks like a mark. */
export const ESCAPED = '\0'
/** ['\0!', tree]: at the root and nowhere else. This tree holds marks; without it, nothing needs raising. */
export const MARKED = '\0!'
/** ['\0&', n]: the n-th object of this value, counted in the order in which they are entered. */
export const AGAIN = '\0&'
/** ['\0k', kind, packed]: an instance of a class. Kind is its number in the codec's list, or the name of a user's codec. */
export const KIND = '\0k'
/** ['\0o', key, value, …]: an object with a key that a map cannot carry (`__proto__`, a lone surrogate). */
export const ENTRIES = '\0o'
/** ['\0z']: -0, which msgpackr would write as 0. */
export const MINUS_ZERO = '\0z'
/** ['\0u', json]: a string with a lone surrogate, which UTF-8 has no bytes for. */
export const ODD_STRING = '\0u'
/** ['\0n', hexadecimal]: a bigint past 64 bits. */
export const BIG = '\0n'
/** ['\0.' + tag, …parts]: a native (core/natives.ts). */
export const NATIVE = '\0.'

export function isMark(first: unknown): first is string {
  return typeof first === 'string' && first.charCodeAt(0) === 0
}
