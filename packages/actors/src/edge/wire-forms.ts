// Whether the arguments of a frame of another process are of the form that a core takes for granted (core/call-forms.ts): looked at
// as the tree that they travel as, which makes nothing of what its marks mean. Protocols are admitted like those of refs.
//
// Invariant: only what the scan has passed comes here, so decoding is bounded. Whatever else than the form throws BadFrame. Cores
// make what they say anew each time, so no part that has a form is another one again (marks.ts: AGAIN).
import { Unpackr } from 'msgpackr'
import type { Form } from '../core/call-forms.ts'
import { assertNever } from '../core/platform.ts'
import type { TravelKind } from '../core/sendable.ts'
import { BadFrame } from './bad-frame.ts'
import { ESCAPED, isMark, KIND, MARKED, NATIVE, ODD_STRING } from './marks.ts'
import { type Admission, WIRE } from './wire-scan.ts'

const READ: object = { useRecords: false, mapsAsObjects: true, copyBuffers: true, moreTypes: false }
/** The marks of errors (core/natives.ts). */
const ERRORS: readonly unknown[] = [`${NATIVE}e`, `${NATIVE}t`]
const TAGS = { ref: 'ref', thread: 'thread number', moment: 'moment', routed: 'routed ref' } as const

export class WireForms {
  readonly #tags: readonly string[]
  readonly #unpackr = new Unpackr(READ)
  #names!: Admission

  constructor(kinds: readonly TravelKind<unknown>[]) {
    this.#tags = kinds.map(({ tag }) => tag)
  }

  /** The body at [start, end); `at` is said where it is not right. Throws BadFrame. */
  check(form: Form, bytes: Uint8Array, start: number, end: number, names: Admission, at: number): void {
    this.#names = names
    if (bytes[start] !== WIRE) throw new BadFrame('its arguments are one primitive', at)
    const tree: unknown = this.#unpackr.unpack(bytes.subarray(start + 1, end))
    const isMarked = Array.isArray(tree) && tree[0] === MARKED
    const wrong = this.#wrong(form, isMarked ? tree[1] : tree, '')
    if (wrong !== undefined) throw new BadFrame(`its arguments cannot be right: ${wrong}`, at)
  }

  /** What is not right, and where; undefined where all is. */
  #wrong(form: Form, node: unknown, path: string): string | undefined {
    if (typeof form === 'function') return this.#wrong(form(), node, path)
    if (typeof form === 'string') return this.#is(form, node) ? undefined : `${path || 'what is said'} is no ${form}`
    if ('oneOf' in form)
      return form.oneOf.includes(node as string) ? undefined : `${path} is a choice that there is not`
    if ('either' in form) {
      let last: string | undefined
      for (const one of form.either) {
        last = this.#wrong(one, node, path)
        if (last === undefined) return undefined
      }
      return last
    }
    return 'fields' in form ? this.#wrongFields(form.fields, node, path) : this.#wrongItems(form, node, path)
  }
  #wrongItems(
    form: Extract<Form, { list: Form } | { items: unknown }>,
    node: unknown,
    path: string,
  ): string | undefined {
    const list = listIn(node)
    if (list === undefined) return `${path || 'what is said'} is no list`
    const { length } = list
    if ('items' in form && (length > form.items.length || length < (form.least ?? form.items.length)))
      return `${path || 'what is said'} has ${length} items`
    for (const [i, item] of list.entries()) {
      const wrong = this.#wrong('items' in form ? form.items[i]! : form.list, item, `${path}[${i}]`)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
  #wrongFields(fields: Readonly<Record<string, Form>>, node: unknown, path: string): string | undefined {
    if (typeof node !== 'object' || node === null || Array.isArray(node) || node instanceof Uint8Array)
      return `${path || 'what is said'} is no object`
    const strange = Object.keys(node).find(key => !Object.hasOwn(fields, key))
    if (strange !== undefined) return `${path}.${strange.slice(0, 40)} is not known`
    for (const [key, form] of Object.entries(fields)) {
      const wrong = this.#wrong(form, (node as Record<string, unknown>)[key], `${path}.${key}`)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
  #is(form: Extract<Form, string>, node: unknown): boolean {
    switch (form) {
      case 'any':
        return true
      case 'none':
        return node === undefined
      case 'text':
        return typeof node === 'string' || (Array.isArray(node) && node[0] === ODD_STRING)
      case 'protocol':
        return typeof node === 'string' && this.#names.protocol(node)
      case 'flag':
        return typeof node === 'boolean'
      case 'whole':
        return Number.isSafeInteger(node) && (node as number) >= 0
      case 'number':
        return typeof node === 'number'
      case 'error':
        return Array.isArray(node) && ERRORS.includes(node[0])
      case 'ref':
      case 'thread':
      case 'moment':
      case 'routed':
        return Array.isArray(node) && node[0] === KIND && this.#tags[node[1] as number] === TAGS[form]
      default:
        return assertNever(form)
    }
  }
}

/** The items of a user's array, if it is one. */
function listIn(node: unknown): unknown[] | undefined {
  if (!Array.isArray(node) || !isMark(node[0])) return Array.isArray(node) ? node : undefined
  return node[0] === ESCAPED ? node.slice(1) : undefined
}
