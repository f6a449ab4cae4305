// JSON with the rules that all languages of tidewire share: what JSON cannot say is an error with
// its path, never a silent null; integers of 64 bits keep their value.

import { types } from 'node:util'

import { TidewireError } from './errors'
import type { Parsed } from './native'
import { isOpaque } from './opaque'
import { pathText } from './path'

/** The value of what the addon has checked. */
export function parsedValue(parsed: Parsed): unknown {
  return typeof parsed === 'string' ? JSON.parse(parsed) : parsed[0]
}

/**
 * Compact JSON text. `undefined` is null, and left out as a member; a Date is RFC 3339 text; a
 * bigint within 64 bits is an integer; toJSON() is obeyed.
 *
 * @throws TidewireError invalid_argument for anything else that JSON cannot say: NaN, infinities,
 *   bytes, functions, symbols, larger bigints, Map, Set, cycles, text that is not Unicode.
 */
export function encode(value: unknown): string {
  if (value === undefined) return 'null'
  if (isSimple(value, 0)) {
    const text = JSON.stringify(value)
    // Possibly the escape of a lone surrogate, which no reader takes: the writer below decides.
    if (!text.includes('\\ud')) return text
  }
  return new Writer().write(value)
}

const SIMPLE_DEPTH_MAX = 32

/** Whether JSON.stringify does the right thing; false when it takes a closer look to know. */
function isSimple(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth === SIMPLE_DEPTH_MAX) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (!isSimple(value[index], depth + 1)) return false
    }
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  const record = value as Record<string, unknown>
  if (record['toJSON'] !== undefined) return false
  for (const key in record) {
    if (!isSimple(record[key], depth + 1)) return false
  }
  return true
}

const INTEGER_MIN = -(2n ** 63n)
const INTEGER_MAX = 2n ** 64n - 1n
const LONE_SURROGATE = /\p{Surrogate}/u

/** The careful way: knows where it is, and what it is inside of. */
class Writer {
  readonly #path: (string | number)[] = []
  readonly #inside = new Set<object>()

  write(value: unknown): string {
    try {
      return this.#value(value, '')
    } catch (error) {
      if (error instanceof RangeError) this.#fail('is too deep')
      throw error
    }
  }

  #value(given: unknown, key: string): string {
    const value = this.#converted(given, key)
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        if (!Number.isFinite(value)) this.#fail(`is ${value}, which JSON cannot say`)
        return JSON.stringify(value)
      case 'boolean':
        return value ? 'true' : 'false'
      case 'undefined':
        return 'null'
      case 'bigint':
        if (value < INTEGER_MIN || value > INTEGER_MAX) this.#fail('is an integer beyond 64 bits')
        return value.toString()
      case 'object':
        return value === null ? 'null' : this.#object(value)
      default:
        return this.#fail(`is a ${typeof value}, which JSON cannot say`)
    }
  }

  #converted(value: unknown, key: string): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (types.isDate(value)) return this.#date(value)
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return toJSON.call(value, key) as unknown
    return types.isBoxedPrimitive(value) ? value.valueOf() : value
  }

  #date(value: Date): string {
    const year = value.getUTCFullYear()
    if (Number.isNaN(year)) this.#fail('is an invalid Date')
    if (year < 0 || year > 9999) this.#fail('is a Date beyond the years of RFC 3339')
    return value.toISOString()
  }

  #text(value: string): string {
    if (LONE_SURROGATE.test(value)) this.#fail('is text that is not Unicode')
    return JSON.stringify(value)
  }

  #object(value: object): string {
    this.#refuse(value)
    if (this.#inside.has(value)) this.#fail('contains itself')
    this.#inside.add(value)
    const text = Array.isArray(value) ? this.#array(value) : this.#members(value)
    this.#inside.delete(value)
    return text
  }

  #array(value: unknown[]): string {
    const parts: string[] = []
    for (let index = 0; index < value.length; index++) {
      this.#path.push(index)
      parts.push(this.#value(value[index], String(index)))
      this.#path.pop()
    }
    return `[${parts.join(',')}]`
  }

  #members(value: object): string {
    const parts: string[] = []
    for (const [key, member] of Object.entries(value) as [string, unknown][]) {
      if (member === undefined) continue
      this.#path.push(key)
      parts.push(`${this.#text(key)}:${this.#value(member, key)}`)
      this.#path.pop()
    }
    return `{${parts.join(',')}}`
  }

  /** Objects whose content JSON.stringify would drop without a word. */
  #refuse(value: object): void {
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
      this.#fail('is bytes, which JSON cannot say')
    }
    if (isOpaque(value)) {
      this.#fail(`is a ${value.constructor?.name ?? 'thing'}, which JSON cannot say`)
    }
  }

  #fail(reason: string): never {
    throw new TidewireError('invalid_argument', `${pathText(this.#path)} ${reason}`)
  }
}
